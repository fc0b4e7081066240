"""Both variance estimators against closed forms, and the grid search against drawing."""

import pytest
import torch
from torch import nn

from training.diffusion import draw_masks
from training.evaluate import masked_loss_moments
from training.models.bd3lm import BD3LM, ModelConfig
from training.schedules import LINEAR, clipped, stratified
from training.variance import (
    GRID_STEP,
    WIDTHS,
    MaskedLossMoments,
    SampleVariance,
    gradient_variance,
    grid_search,
    nelbo_moments,
)


def test_sample_variance_is_the_mean_squared_distance_from_the_mean() -> None:
    vectors = torch.randn(7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 100
    variance = SampleVariance()
    for vector in vectors:
        variance.add(vector)
    assert variance.value == pytest.approx(vectors.var(0).sum().item())
    with pytest.raises(ValueError, match="two samples or more, not 0"):
        SampleVariance().value  # noqa: B018


def test_gradient_variance_of_a_linear_model_is_that_of_its_inputs() -> None:
    # d/dw of w·x is x, and d/db of w·x + b is 1 whatever x is.
    model = nn.Linear(4, 1)
    inputs = torch.randn(9, 4, generator=torch.Generator().manual_seed(0))
    variance = gradient_variance(model, (model(x).sum() for x in inputs))
    assert variance == pytest.approx(inputs.var(0).sum().item(), rel=1e-5)


@pytest.mark.parametrize("schedule", [clipped(0.3, 0.8), clipped(0.05, 0.55), clipped(0.5, 1.0), LINEAR])
def test_nelbo_variance_is_that_of_drawn_blocks(schedule) -> None:
    # Blocks of 4 whose masked loss is k·e with e uniform in [0, 2]: mean k, mean square 4k²/3.
    k = torch.arange(1.0, 5.0, dtype=torch.float64)
    mean, variance = nelbo_moments(MaskedLossMoments(k, 4 / 3 * k**2), schedule)
    generator = torch.Generator().manual_seed(0)
    t = stratified(400_000, generator)
    counts = draw_masks(schedule, t, 4, generator).sum(1)
    drawn = schedule.loss_weight(t) * counts * torch.rand(len(t), generator=generator) * 2 / 4
    assert drawn.mean().item() == pytest.approx(mean, rel=0.02)
    # Under the linear schedule single blocks weigh 1,000: its variance is hard to draw.
    assert drawn.var().item() == pytest.approx(variance, rel=0.3 if schedule is LINEAR else 0.03)


def test_full_masks_have_the_variance_of_the_text_alone() -> None:
    k = torch.arange(1.0, 5.0, dtype=torch.float64)
    _, variance = nelbo_moments(MaskedLossMoments(k, 4 / 3 * k**2), clipped(1, 1))
    assert variance == pytest.approx(4 / 3 - 1, rel=1e-6)


def test_grid_search_finds_the_least_variance() -> None:
    # A token costs the same whatever else is masked.
    k = torch.arange(1.0, 9.0, dtype=torch.float64)
    moments = MaskedLossMoments(k, k**2)
    schedule, variance = grid_search(moments)
    assert variance == nelbo_moments(moments, schedule)[1]
    starts = [(width, place * GRID_STEP) for width in WIDTHS for place in range(round((1 - width) / GRID_STEP) + 1)]
    least = min(nelbo_moments(moments, clipped(start, min(1.0, start + width)))[1] for width, start in starts)
    assert variance == pytest.approx(least, rel=1e-6)
    assert variance < nelbo_moments(moments, LINEAR)[1] / 10


def test_moments_are_of_the_masked_losses_of_whole_blocks() -> None:
    # A head of zeros gives every one of the 29 tokens the same probability: k masks cost k·log 29.
    model = BD3LM(ModelConfig(vocab_size=30, model_length=16, block_size=4, hidden_dim=32, n_blocks=1, n_heads=2))
    texts = list(torch.randint(0, 29, (20, 15), generator=torch.Generator().manual_seed(0)))
    moments = masked_loss_moments(model, texts, 4)
    costs = torch.arange(1.0, 5.0, dtype=torch.float64) * torch.tensor(29.0, dtype=torch.float64).log()
    torch.testing.assert_close(moments.mean, costs, rtol=1e-5, atol=0)
    torch.testing.assert_close(moments.square, costs**2, rtol=1e-5, atol=0)
    with pytest.raises(ValueError, match="two blocks of 8 tokens"):
        masked_loss_moments(model, texts, 8)
