"""The training mask, the noise and the loss weights, against their definitions in the paper."""

import itertools

import pytest
import torch

from training.attention import training_mask
from training.diffusion import ClippedSchedule, add_noise, token_losses
from training.evaluate import mask_by_count


@pytest.mark.parametrize(("length", "block_size"), [(8, 1), (8, 2), (8, 8), (12, 4), (10, 4)])
def test_mask_is_block_diagonal_offset_block_causal_and_block_causal(length: int, block_size: int) -> None:
    mask = training_mask(length, torch.tensor([block_size]))[0]
    for query, key in itertools.product(range(2 * length), repeat=2):
        query_block, key_block = (query % length) // block_size, (key % length) // block_size
        query_noised, key_noised = query < length, key < length
        if query_noised and key_noised:
            expected = query_block == key_block
        elif query_noised:
            expected = key_block < query_block
        elif key_noised:
            expected = False
        else:
            expected = key_block <= query_block
        assert mask[query, key] == expected, (query, key)


def test_each_sequence_of_a_batch_has_its_own_block_size() -> None:
    masks = training_mask(8, torch.tensor([2, 8]))
    assert torch.equal(masks[0], training_mask(8, torch.tensor([2]))[0])
    assert torch.equal(masks[1], training_mask(8, torch.tensor([8]))[0])
    assert not torch.equal(masks[0], masks[1])


def test_block_size_one_is_always_masked_with_weight_one() -> None:
    clean = torch.arange(64).view(2, 32)
    noised, weights = add_noise(clean, torch.tensor([1, 1]), 99, ClippedSchedule(0.1, 0.2), torch.Generator())
    assert (noised == 99).all()
    assert (weights == 1).all()


def test_mask_share_and_weights_follow_the_schedule() -> None:
    clean = torch.zeros(64, 256, dtype=torch.int64)
    generator = torch.Generator().manual_seed(3)
    noised, weights = add_noise(clean, torch.full((64,), 8), 99, ClippedSchedule(0.4, 0.6), generator)
    masked = noised == 99
    assert abs(masked.float().mean().item() - 0.5) < 0.02
    assert torch.equal(masked, weights > 0)
    t = 1 / weights[masked]
    assert t.min() >= 0.4 - 1e-6 and t.max() <= 0.6 + 1e-6
    # The weight 1/t makes the masked tokens of a block count as all of them, whatever t was drawn.
    assert abs(weights.mean().item() - 1) < 0.03


def test_schedule_is_stratified() -> None:
    drawn = ClippedSchedule(0.0, 1.0).sample(10, torch.Generator().manual_seed(0)).sort().values
    assert torch.equal((drawn * 10).floor(), torch.arange(10.0))


def test_token_losses_never_give_the_mask_token_probability() -> None:
    logits = torch.tensor([[1.0, 2.0, 50.0]])
    expected = -torch.log_softmax(torch.tensor([1.0, 2.0]), 0)[1]
    assert torch.allclose(token_losses(logits.clone(), torch.tensor([1]), mask_id=2), expected)


def test_count_estimator_weighs_every_token_once_on_average() -> None:
    clean = torch.zeros(2000, 8, dtype=torch.int64)
    noised, weights = mask_by_count(clean, 4, 9, torch.Generator().manual_seed(1))
    assert torch.equal(noised == 9, weights > 0)
    counts = (noised == 9).view(2000, 2, 4).sum(-1)
    assert set(counts.unique().tolist()) == {1, 2, 3, 4}
    assert torch.allclose(weights.view(-1, 4).sum(-1), torch.full((4000,), 4.0))
