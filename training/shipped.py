r"""The checkpoint that a model folder in q4 was made from, as near as the folder tells it, to train on from.

    python -m training.shipped --model public/models/<name> --base <folder> --prepared <folder> --out <folder>

Each weight is its level times its group's scale, which `round_q4` gives back: a run with `--rounding q4` begins with
the very model that ships. Where between two levels a weight was is lost.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from .llama_checkpoint import EMBEDDING, load_llama, mask_token_of, save_llama, with_mask_token

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
        raise ValueError(f"{folder} is in {manifest['dtype']}; only a folder in q4 can be trained on from")
    return {name: tensor for file in manifest["weights"] for name, tensor in load_file(folder / file).items()}


def dequantized(packed: Tensor, scale: Tensor) -> Tensor:
    """Bytes [rows, groups, 16], the lower four bits first, and scales [rows, groups] → weights [rows, columns]."""
    levels = torch.stack((packed & 15, packed >> 4), dim=-1).flatten(-2).float() - 8
    return (levels * scale[..., None]).flatten(1)


def restore(state: dict[str, Tensor], shipped: dict[str, Tensor], layers: int, mask_id: int) -> None:
    """Puts into a base's state dict what shipped: the matrices, the norms and the mask token's embedding."""
    for layer in range(layers):
        ours, theirs = f"layers.{layer}", f"model.layers.{layer}"
        for matrix, parts in MATRICES.items():
            weight = dequantized(shipped[f"{ours}.{matrix}.weight.q4"], shipped[f"{ours}.{matrix}.weight.scale"])
            names = [f"{theirs}.{part}.weight" for part in parts]
            by_turns = matrix == "mlp.up"
            pieces = (weight[::2], weight[1::2]) if by_turns else weight.split([len(state[name]) for name in names])
            state |= {name: piece.clone() for name, piece in zip(names, pieces, strict=True)}
        for norm, part in NORMS.items():
            state[f"{theirs}.{part}.weight"] = shipped[f"{ours}.{norm}.weight"].clone()
    state["model.norm.weight"] = shipped["final_norm.weight"].clone()
    mask = slice(mask_id, mask_id + 1)
    state[EMBEDDING][mask] = dequantized(shipped["embedding.weight.q4"][mask], shipped["embedding.weight.scale"][mask])


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a checkpoint of a model folder in q4.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="folder written by training.gguf_import")
    parser.add_argument("--prepared", type=Path, required=True, help="folder written by training.conversations")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    mask_id = mask_token_of(arguments.prepared)
    model = with_mask_token(load_llama(arguments.base), mask_id)
    state = model.state_dict()
    restore(state, read_shipped(arguments.model), model.config.num_hidden_layers, mask_id)
    save_llama(arguments.out, state, mask_id, arguments.base, arguments.prepared)


if __name__ == "__main__":
    main()
