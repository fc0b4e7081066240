"""Weights near a model folder in q4 are moved to where they are rounded to it."""

from pathlib import Path

import pytest
import torch

from training.rounding import round_q4
from training.shipped import into_intervals, levels_of, read_shipped, restore

MODELS = Path(__file__).parents[2] / "public" / "models"
LAYER = "layers.3"


@pytest.fixture(scope="module")
def shipped() -> dict[str, torch.Tensor]:
    return read_shipped(MODELS / "smollm2-stories")


def test_a_weight_near_the_shipped_one_is_rounded_to_it(shipped: dict[str, torch.Tensor]) -> None:
    levels = levels_of(shipped[f"{LAYER}.attention.out.weight.q4"])
    scale = shipped[f"{LAYER}.attention.out.weight.scale"]
    middle = ((levels - 8) * scale[..., None]).flatten(1)
    noise = torch.rand(middle.shape, generator=torch.Generator().manual_seed(1)) - 0.5
    near = middle + 1.4 * noise * scale.repeat_interleave(32, 1)
    moved = into_intervals(near, levels, scale)

    inside = ((levels > 0) & (levels < 15)).flatten(1)
    steps = ((moved - middle) / scale.repeat_interleave(32, 1)).abs()[inside]
    assert steps.max() < 0.5
    # The weights keep their places between levels, which rounding to the middles would lose.
    assert steps.mean() > 0.1
    before, after = ((round_q4(weight) - middle).norm() for weight in (near, moved))
    assert after < 0.4 * before


def test_each_part_of_a_layer_finds_its_rows(shipped: dict[str, torch.Tensor]) -> None:
    wide = {"q_proj": 576, "k_proj": 192, "v_proj": 192, "o_proj": 576}
    sizes = {f"self_attn.{name}": (rows, 576) for name, rows in wide.items()}
    sizes |= {"mlp.gate_proj": (1536, 576), "mlp.up_proj": (1536, 576), "mlp.down_proj": (576, 1536)}
    state = {f"model.layers.0.{name}.weight": torch.zeros(size) for name, size in sizes.items()}
    restore(state, shipped, layers=1)
    up = shipped["layers.0.mlp.up.weight.q4"]
    scale = shipped["layers.0.mlp.up.weight.scale"]
    for part, first in (("gate", 0), ("up", 1)):
        found = state[f"model.layers.0.mlp.{part}_proj.weight"]
        assert torch.equal(found, into_intervals(torch.zeros(1536, 576), levels_of(up)[first::2], scale[first::2]))
    norms = ("input_layernorm", "post_attention_layernorm")
    assert all(state[f"model.layers.0.{name}.weight"].shape == (576,) for name in norms)


def test_another_dtype_is_refused() -> None:
    with pytest.raises(ValueError, match="only q4"):
        read_shipped(MODELS / "stories")
