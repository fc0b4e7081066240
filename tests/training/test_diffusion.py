"""The training mask and the loss, against their definitions in the paper."""

import itertools

import pytest
import torch

from training.attention import training_mask
from training.diffusion import add_noise, token_losses
from training.schedules import clipped


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


def test_mask_share_and_weights_follow_the_schedule() -> None:
    clean = torch.zeros(64, 256, dtype=torch.int64)
    generator = torch.Generator().manual_seed(3)
    noised, weights = add_noise(clean, torch.full((64,), 32), 99, {32: clipped(0.4, 0.6)}, generator)
    masked = noised == 99
    assert abs(masked.float().mean().item() - 0.5) < 0.02
    assert torch.equal(masked, weights > 0)
    t = 1 / weights[masked]
    assert t.min() >= 0.4 - 1e-6 and t.max() <= 0.6 + 1e-6
    # The weight 1/t makes the masked tokens of a block count as about all of them, whatever t was drawn.
    assert abs(weights.mean().item() - 1) < 0.03


def test_token_losses_never_give_the_mask_token_probability() -> None:
    logits = torch.tensor([[1.0, 2.0, 50.0]])
    expected = -torch.log_softmax(torch.tensor([1.0, 2.0]), 0)[1]
    assert torch.allclose(token_losses(logits.clone(), torch.tensor([1]), mask_id=2), expected)
