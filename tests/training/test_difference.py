"""What an adaptation changed, in a few bits a weight."""

import math
from pathlib import Path

import pytest
import torch
from tiny_llama import train

from training.difference import dequantize, pack, pack_bits, quantize, unpack, unpack_bits
from training.llama_checkpoint import load_llama, save_llama


@pytest.mark.parametrize(("bits", "share"), [(2, 0.13), (3, 0.045), (4, 0.015)])
def test_rounding_loses_a_known_share_of_a_gaussian(bits: int, share: float) -> None:
    matrix = 1e-4 * torch.randn(64, 256, generator=torch.Generator().manual_seed(0))
    codes, steps = quantize(matrix, bits)
    assert codes.max() == 2**bits - 1 and steps.shape == (256,)
    assert torch.equal(unpack_bits(pack_bits(codes, bits), bits), codes.flatten())
    assert pack_bits(codes, bits).numel() == matrix.numel() * bits // 8
    error = (dequantize(codes, steps, bits) - matrix).square().mean() / matrix.square().mean()
    assert share / 2 < error < share
    nothing = torch.zeros(2, 64)
    assert dequantize(*quantize(nothing, bits), bits).abs().max() < 1e-6


def test_a_difference_and_the_base_are_nearly_the_checkpoint_and_a_run_goes_on_from_it(
    base: Path,
    conversations: Path,
    tmp_path: Path,
) -> None:
    log = train(base, conversations, tmp_path / "run", "--steps 10 --lr 3e-3")
    checkpoint = tmp_path / "run" / "checkpoint"
    pack(checkpoint, base, tmp_path / "difference", bits=3)
    state, mask_id = unpack(tmp_path / "difference", base)
    before, after = load_llama(base).state_dict(), load_llama(checkpoint).state_dict()
    for name, tensor in after.items():
        change = (tensor - before[name]).norm()
        assert (state[name] - tensor).norm() < 0.25 * change + 1e-6, name
    save_llama(tmp_path / "restored", state, mask_id, base, conversations)
    restored = train(base, conversations, tmp_path / "on", f"--steps 10 --start-from {tmp_path / 'restored'}")
    first, then = (next(entry["following"] for entry in entries if "following" in entry) for entries in (log, restored))
    assert then < first
    assert math.isfinite(then)


def test_an_embedding_that_changed_is_not_packed(base: Path, conversations: Path, tmp_path: Path) -> None:
    train(base, conversations, tmp_path / "run", "--steps 5")
    model = load_llama(tmp_path / "run" / "checkpoint")
    state = model.state_dict()
    state["model.embed_tokens.weight"][7] += 1
    save_llama(tmp_path / "changed", state, model.config.mask_id, base, conversations)
    with pytest.raises(ValueError, match="rows of the embedding"):
        pack(tmp_path / "changed", base, tmp_path / "difference", bits=2)
