"""A checkpoint out of a model folder in q4 is rounded to what the folder has."""

from pathlib import Path

import pytest
import torch

from training.llama_checkpoint import EMBEDDING
from training.rounding import round_q4
from training.shipped import dequantized, read_shipped, restore

MODELS = Path(__file__).parents[2] / "public" / "models"
MASK = 16


@pytest.fixture(scope="module")
def shipped() -> dict[str, torch.Tensor]:
    return read_shipped(MODELS / "smollm2-stories")


def weight_of(shipped: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    return dequantized(shipped[f"{name}.weight.q4"], shipped[f"{name}.weight.scale"])


def test_a_weight_is_rounded_to_itself(shipped: dict[str, torch.Tensor]) -> None:
    for name in ("attention.qkv", "attention.out", "mlp.up", "mlp.down"):
        weight = weight_of(shipped, f"layers.3.{name}")
        assert weight.abs().mean() > 0.01
        torch.testing.assert_close(round_q4(weight), weight)


def test_each_part_of_a_layer_finds_its_rows(shipped: dict[str, torch.Tensor]) -> None:
    wide = {"q_proj": 576, "k_proj": 192, "v_proj": 192, "o_proj": 576}
    sizes = {f"self_attn.{name}": (rows, 576) for name, rows in wide.items()}
    sizes |= {"mlp.gate_proj": (1536, 576), "mlp.up_proj": (1536, 576), "mlp.down_proj": (576, 1536)}
    state = {f"model.layers.0.{name}.weight": torch.zeros(size) for name, size in sizes.items()}
    state[EMBEDDING] = torch.zeros(49152, 576)
    restore(state, shipped, layers=1, mask_id=MASK)

    assert all(state[f"model.layers.0.{name}.weight"].shape == size for name, size in sizes.items())
    qkv, up = (weight_of(shipped, f"layers.0.{name}") for name in ("attention.qkv", "mlp.up"))
    assert torch.equal(state["model.layers.0.self_attn.k_proj.weight"], qkv[576:768])
    assert torch.equal(state["model.layers.0.mlp.gate_proj.weight"], up[::2])
    assert torch.equal(state["model.layers.0.mlp.up_proj.weight"], up[1::2])
    norms = ("input_layernorm", "post_attention_layernorm")
    assert all(state[f"model.layers.0.{name}.weight"].shape == (576,) for name in norms)
    # Of the embedding only the mask token's row was trained.
    assert state[EMBEDDING].any(1).nonzero().flatten().tolist() == [MASK]


def test_another_dtype_is_refused() -> None:
    with pytest.raises(ValueError, match="only a folder in q4"):
        read_shipped(MODELS / "stories")
