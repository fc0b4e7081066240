"""That rounding in training is the exporter's, and that gradients pass through it."""

import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from safetensors import safe_open
from training.llama_checkpoint import load_llama
from training.lora import SCALE
from training.mask_embedding import merged_state
from training.models.llama import TiedEmbedding
from training.precision import product_dtype
from training.rounding import RoundedEmbedding, RoundedLinear, round_layers, round_q4, rounded_state
from training.trained_parts import replace_embedding, replace_linears

ROOT = Path(__file__).parents[2]


def test_the_exporter_stores_these_numbers(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "exported"
    command = ["npm", "run", "-s", "export", "--", str(base), str(out), "--dtype", "q4"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    state = load_llama(base).state_dict()
    with safe_open(out / "model.safetensors", "np") as file:
        for ours, theirs in [
            ("embedding.weight", "model.embed_tokens.weight"),
            ("layers.1.attention.out.weight", "model.layers.1.self_attn.o_proj.weight"),
            ("layers.0.mlp.down.weight", "model.layers.0.mlp.down_proj.weight"),
        ]:
            packed, scales = file.get_tensor(f"{ours}.q4"), file.get_tensor(f"{ours}.scale")
            levels = np.stack((packed & 15, packed >> 4), axis=-1).reshape(*scales.shape, 32)
            stored = (levels.astype(np.float32) - 8) * scales[..., None]
            expected = round_q4(state[theirs])
            found = torch.from_numpy(stored).view(len(expected), -1)[:, : expected.shape[1]]
            # A group's largest number may lie half way between two levels, where the last bit decides.
            steps = torch.from_numpy(scales).abs().repeat_interleave(32, 1)[:, : expected.shape[1]]
            apart = (found - expected).abs() / steps
            assert (apart > 1e-4).float().mean() < 0.003
            assert apart.max() < 1.001


def test_rounding_what_is_rounded_changes_nothing() -> None:
    once = round_q4(torch.randn(2000, 96, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(round_q4(once), once, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_rounded_layer_computes_with_its_merged_weight_and_trains_the_adapter(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = RoundedLinear(nn.Linear(48, 40, bias=False), rank=4)
    nn.init.normal_(layer.lora_b, std=0.1)
    round_layers(layer)
    x = torch.randn(7, 48, dtype=dtype).requires_grad_()
    out_gradient = torch.randn(7, 40)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
    rounded = round_q4(layer.merged().detach())
    torch.testing.assert_close(y.float(), x.float() @ rounded.T, atol=0.05, rtol=0.02)
    y.backward(out_gradient.bfloat16())
    # The gradient of the merged weight, passed on to the product of which it has the sum.
    of_weight = out_gradient.T @ x.detach().float()
    expected = SCALE * of_weight @ layer.lora_a.detach().T
    torch.testing.assert_close(layer.lora_b.grad, expected, atol=0.1, rtol=0.05)
    expected = SCALE * layer.lora_b.detach().T @ of_weight
    torch.testing.assert_close(layer.lora_a.grad, expected, atol=0.1, rtol=0.05)
    torch.testing.assert_close(x.grad.float(), out_gradient @ rounded, atol=0.1, rtol=0.05)


def test_an_embedding_is_rounded_and_its_mask_row_trained() -> None:
    torch.manual_seed(0)
    embedding = RoundedEmbedding(TiedEmbedding(10, 32), mask_id=3)
    out = embedding(torch.tensor([2, 3]))
    torch.testing.assert_close(out, round_q4(embedding.weight)[[2, 3]], atol=0.02, rtol=0.02)
    out.sum().backward()
    assert torch.equal(embedding.mask.grad, torch.ones(32)) and embedding.weight.grad is None


@torch.no_grad()
def test_what_is_trained_is_what_is_kept(base: Path) -> None:
    model, plain = load_llama(base), load_llama(base)
    model.config = plain.config.__class__(**{**vars(model.config), "mask_token_id": 3})
    replace_embedding(model, RoundedEmbedding)
    replace_linears(model, partial(RoundedLinear, rank=4))
    for name, parameter in model.named_parameters():
        if "lora_b" in name:
            nn.init.normal_(parameter, std=0.1)
    round_layers(model)
    plain.load_state_dict(rounded_state(merged_state(model)))
    ids, x = torch.arange(4, 12)[None], torch.randn(5, 32)
    for one, other in zip(model.model.layers, plain.model.layers, strict=True):
        torch.testing.assert_close(
            one.self_attn.q_proj.rounded.float(), other.self_attn.q_proj.weight, rtol=0.01, atol=0
        )
    torch.testing.assert_close(
        model.model.embed_tokens(ids).float(), plain.model.embed_tokens(ids), rtol=0.01, atol=1e-6
    )
    torch.testing.assert_close(
        model.model.embed_tokens.logits(x.to(product_dtype(x.device))).float(),
        plain.model.embed_tokens.logits(x),
        rtol=0.05,
        atol=0.1,
    )
