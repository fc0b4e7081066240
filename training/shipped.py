r"""A checkpoint whose q4 rounding is a model folder that ships, to train on from.

    python -m training.shipped --checkpoint <folder> --model public/models/<name> --base <folder> --out <folder>

A model folder has its matrices in q4, and an adapter of `training.difference` is near the weights that they were
rounded from. Each weight of the checkpoint is moved into the interval that was rounded to the shipped level, and a
part of the way to its middle: then `round_q4` comes near what ships, and most weights keep their place between levels.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from .llama_checkpoint import load_llama, mask_token_of, save_llama
from .rounding import EXTREMES

TOWARDS_MIDDLE = 0.3
"""At 0 the error of other scales is often the least, at 1 no weight remembers where in its interval it was."""

MARGIN = 0.002
"""In steps, from the edges of an interval."""

MATRICES = {
    "attention.qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attention.out": ("self_attn.o_proj",),
    "mlp.up": ("mlp.gate_proj", "mlp.up_proj"),
    "mlp.down": ("mlp.down_proj",),
}
"""The matrices of a checkpoint whose rows each shipped one has: gate and up by turns, the others stacked."""

NORMS = {"norm1": "input_layernorm", "norm2": "post_attention_layernorm"}


def read_shipped(folder: Path) -> dict[str, Tensor]:
    """The tensors of a model folder in q4, by our names. Raises ValueError for another dtype."""
    manifest = json.loads((folder / "manifest.json").read_text())
    if manifest["dtype"] != "q4":
        raise ValueError(f"{folder} is in {manifest['dtype']}; only q4 has intervals to move weights into")
    return {name: tensor for file in manifest["weights"] for name, tensor in load_file(folder / file).items()}


def levels_of(packed: Tensor) -> Tensor:
    """Bytes [rows, groups, GROUP / 2] → levels 0 … 15 [rows, groups, GROUP]: the lower four bits come first."""
    return torch.stack((packed & 15, packed >> 4), dim=-1).flatten(-2).float()


def into_intervals(weight: Tensor, levels: Tensor, scale: Tensor) -> Tensor:
    """weight [rows, columns] moved to where levels [rows, groups, GROUP] of scale [rows, groups] have come from."""
    scale = scale[..., None]
    steps = weight.view(levels.shape) * torch.where(scale == 0, 0.0, 1 / scale)
    lowest, highest = levels - 8.5 + MARGIN, levels - 7.5 - MARGIN
    lowest, highest = lowest.masked_fill(levels == 0, min(EXTREMES)), highest.masked_fill(levels == 15, torch.inf)
    moved = steps.clamp(lowest, highest)
    # The number of largest magnitude, whose sign is not the scale's, was one of EXTREMES.
    least, at = moved.min(-1, keepdim=True)
    extremes = torch.tensor(EXTREMES)
    possible = (extremes + 8.5).floor().clamp(min=0) == levels.gather(-1, at)
    distance = (extremes - steps.gather(-1, at)).abs().masked_fill(~possible, torch.inf)
    extreme = torch.where(possible.any(-1, keepdim=True), extremes[distance.argmin(-1, keepdim=True)], least)
    moved = torch.minimum(moved.scatter(-1, at, extreme), extreme.abs() - MARGIN)
    moved += TOWARDS_MIDDLE * (levels - 8 - moved)
    return (moved * scale).view(weight.shape)


def restore(state: dict[str, Tensor], shipped: dict[str, Tensor], layers: int) -> None:
    """Moves the weights of a llama's state dict, whose columns are multiples of GROUP, towards those that shipped."""
    for layer in range(layers):
        ours, theirs = f"layers.{layer}", f"model.layers.{layer}"
        for matrix, parts in MATRICES.items():
            levels = levels_of(shipped[f"{ours}.{matrix}.weight.q4"])
            scale = shipped[f"{ours}.{matrix}.weight.scale"]
            for part, rows in zip(parts, rows_of(state, theirs, matrix), strict=True):
                name = f"{theirs}.{part}.weight"
                state[name] = into_intervals(state[name], levels[rows], scale[rows])
        for norm, part in NORMS.items():
            state[f"{theirs}.{part}.weight"] = shipped[f"{ours}.{norm}.weight"].clone()
    state["model.norm.weight"] = shipped["final_norm.weight"].clone()


def rows_of(state: dict[str, Tensor], layer: str, matrix: str) -> list[slice]:
    """Which rows of a shipped matrix belong to each of its MATRICES."""
    parts = MATRICES[matrix]
    if matrix == "mlp.up":
        return [slice(part, None, len(parts)) for part in range(len(parts))]
    ends = torch.tensor([len(state[f"{layer}.{part}.weight"]) for part in parts]).cumsum(0).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Restore a checkpoint from a model folder in q4.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="near it: written by training.difference")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model = load_llama(arguments.checkpoint)
    state = model.state_dict()
    restore(state, read_shipped(arguments.model), model.config.num_hidden_layers)
    mask_id = mask_token_of(arguments.checkpoint)
    save_llama(arguments.out, state, mask_id, arguments.base, arguments.checkpoint)


if __name__ == "__main__":
    main()
