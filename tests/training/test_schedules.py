"""The noise schedules: shape, weight, and that each estimates the NELBO of a model whose states can be enumerated."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from training.diffusion import add_noise, draw_masks
from training.evaluate import mask_by_count, nelbo_terms
from training.models.bd3lm import BD3LM, ModelConfig
from training.schedules import FULL, LINEAR, SMALLEST_T, UNCLIPPED, NoiseSchedule, clipped, schedule_named, stratified
from training.variance import count_probabilities

LENGTH = 4
MASK = 5
CONFIG = ModelConfig(vocab_size=6, model_length=LENGTH, block_size=LENGTH, hidden_dim=16, n_blocks=1, n_heads=2)
CLEAN = torch.tensor([[3, 1, 4, 1]])


@pytest.fixture(scope="module")
def loss_of_mask() -> Tensor:
    """Σ −log p over the masked tokens of CLEAN as one block, for each of its 16 masks as a binary number."""
    torch.manual_seed(1)
    model = BD3LM(CONFIG)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    masks = torch.tensor(list(itertools.product([False, True], repeat=LENGTH)))
    clean = CLEAN.expand(16, -1)
    return nelbo_terms(model, clean, torch.where(masks, MASK, clean), LENGTH).sum(1).double()


def number_of(masked: Tensor) -> Tensor:
    """The masks [n, LENGTH] as binary numbers [n], first token highest."""
    return (masked * torch.tensor([8, 4, 2, 1])).sum(1)


def exact_nelbo(loss_of_mask: Tensor, smallest_p: float) -> float:
    """∫ (1/p) E[Σ −log p(x_0)] dp over mask probabilities p from smallest_p to 1: every mask by its own probability."""
    edges = torch.logspace(math.log10(smallest_p), 0, 2001, dtype=torch.float64)
    p = (edges[1:] * edges[:-1]).sqrt()
    total = 0.0
    for number, loss in enumerate(loss_of_mask.tolist()):
        k = number.bit_count()
        if k:
            total += loss * (p ** (k - 1) * (1 - p) ** (LENGTH - k)).dot(edges.diff()).item()
    return total


@pytest.mark.parametrize("schedule", UNCLIPPED, ids=lambda schedule: schedule.name)
def test_weighted_loss_is_unbiased_for_the_nelbo(schedule: NoiseSchedule, loss_of_mask: Tensor) -> None:
    blocks = 200_000
    clean = CLEAN.repeat(1, blocks)
    generator = torch.Generator().manual_seed(0)
    noised, weights = add_noise(clean, torch.tensor([LENGTH]), MASK, {LENGTH: schedule}, generator)
    masked = (noised == MASK).view(blocks, LENGTH)
    estimates = weights.view(blocks, LENGTH).max(1).values * loss_of_mask[number_of(masked)]
    error = (estimates.std() / blocks**0.5).item()
    exact = exact_nelbo(loss_of_mask, schedule.mask_probability(torch.tensor(SMALLEST_T)).item())
    assert abs(estimates.mean().item() - exact) < 4 * error
    assert error < 0.02 * exact


def test_counting_masks_is_unbiased_for_the_nelbo(loss_of_mask: Tensor) -> None:
    # The first id is given, so the block comes second here.
    blocks = 20_000
    clean = torch.cat((CLEAN, CLEAN), dim=1).expand(blocks, -1)
    noised, weights = mask_by_count(clean, LENGTH, MASK, torch.Generator().manual_seed(0))
    estimates = weights[:, LENGTH:].max(1).values * loss_of_mask[number_of(noised[:, LENGTH:] == MASK)]
    error = (estimates.std() / blocks**0.5).item()
    assert abs(estimates.mean().item() - exact_nelbo(loss_of_mask, 1e-9)) < 4 * error


@pytest.mark.parametrize("schedule", UNCLIPPED, ids=lambda schedule: schedule.name)
def test_weight_is_the_slope_of_the_mask_probability_over_it(schedule: NoiseSchedule) -> None:
    t = torch.linspace(0.05, 1, 20, dtype=torch.float64, requires_grad=True)
    p = schedule.mask_probability(t)
    (slope,) = torch.autograd.grad(p.sum(), t)
    torch.testing.assert_close(schedule.loss_weight(t), slope / p)
    assert p[-1].item() == pytest.approx(1)
    assert (p.diff() > 0).all()


def test_clipped_masks_between_its_bounds_and_weighs_as_linear() -> None:
    schedule = clipped(0.3, 0.8)
    t = torch.tensor([0.0, 0.5, 1.0])
    torch.testing.assert_close(schedule.mask_probability(t), torch.tensor([0.3, 0.55, 0.8]))
    torch.testing.assert_close(schedule.loss_weight(t), LINEAR.loss_weight(schedule.mask_probability(t)))


@pytest.mark.parametrize(("schedule", "size"), [(clipped(0.3, 0.8), 4), (clipped(0.45, 0.95), 16), (LINEAR, 8)])
def test_masks_are_drawn_again_where_their_share_leaves_the_bounds(schedule: NoiseSchedule, size: int) -> None:
    t = torch.full((50_000,), 0.25)
    counts = draw_masks(schedule, t, size, torch.Generator().manual_seed(0)).sum(1)
    assert (counts >= schedule.beta * size - 1e-6).all() and (counts <= schedule.omega * size + 1e-6).all()
    shares = torch.bincount(counts, minlength=size + 1) / len(t)
    torch.testing.assert_close(shares.double(), count_probabilities(schedule, t[:1], size)[0], atol=0.01, rtol=0)


def test_bounds_that_no_block_can_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="widen it"):
        draw_masks(clipped(0.6, 0.9), torch.ones(1), 2, torch.Generator())


@pytest.mark.parametrize("bounds", [(-0.1, 0.5), (0.6, 0.5), (0.5, 1.1), (0.0, 0.0)])
def test_impossible_bounds_are_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="0 ≤ β ≤ ω ≤ 1"):
        clipped(*bounds)


def test_schedules_by_name() -> None:
    assert schedule_named("cosine").name == "cosine"
    named = schedule_named(clipped(0.3, 0.8).name)
    assert (named.beta, named.omega) == (0.3, 0.8)
    with pytest.raises(ValueError, match="linear, cosine, square, square root, logarithmic"):
        schedule_named("sine")


def test_t_is_stratified_over_all_blocks_of_a_batch() -> None:
    drawn = stratified(10, torch.Generator().manual_seed(0))
    slices = ((drawn - SMALLEST_T) / (1 - SMALLEST_T) * 10).floor()
    assert torch.equal(slices.sort().values, torch.arange(10.0))
    assert not torch.equal(slices, torch.arange(10.0))

    clean = torch.zeros(3, 32, dtype=torch.int64)
    generator = torch.Generator().manual_seed(0)
    _, weights = add_noise(clean, torch.tensor([4, 1, 4]), MASK, {4: clipped(0.5, 1)}, generator)
    t = 1 / weights[[0, 2]].view(16, 4).max(1).values
    assert torch.equal(((t - 0.5) * 32).floor().sort().values, torch.arange(16.0))


def test_block_size_one_is_always_masked_with_weight_one() -> None:
    clean = torch.arange(64).view(2, 32)
    noised, weights = add_noise(clean, torch.tensor([1, 1]), 99, {}, torch.Generator())
    assert (noised == 99).all()
    assert (weights == 1).all()
    assert FULL.shares(1) == [1]
