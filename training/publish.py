"""Makes a checkpoint small enough to keep: f16, in shards.

    python -m training.publish --checkpoint <run>/checkpoint --out training/checkpoint

writes the config, the tokenizer files, `model-0000i-of-0000n.safetensors` of at most 15 MiB each, and
their index. Other files of the folder, such as its model card, stay.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .checkpoint import INDEX, TOKENIZER_FILES, load_checkpoint

SHARD_BYTES = 15 * 2**20


def split_into_shards(tensors: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """The tensors in their order, in as few shards as that takes. A larger tensor has a shard of its own."""
    shards: list[dict[str, Tensor]] = [{}]
    room = SHARD_BYTES
    for name, tensor in tensors.items():
        if tensor.nbytes > room and shards[-1]:
            shards.append({})
            room = SHARD_BYTES
        shards[-1][name] = tensor
        room -= tensor.nbytes
    return shards


def publish(checkpoint: Path, out: Path) -> None:
    """Writes `out` from a checkpoint folder. Raises ValueError where a weight does not fit into f16."""
    state = load_checkpoint(checkpoint).state_dict()
    halves = {name: tensor.half().contiguous() for name, tensor in state.items()}
    for name, tensor in halves.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} holds numbers that f16 cannot; keep the checkpoint as it is")
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.safetensors*"):
        old.unlink()
    shards = split_into_shards(halves)
    weight_map = {}
    for number, shard in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        save_file(shard, out / name, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(shard, name)
    index = {"metadata": {"total_size": sum(tensor.nbytes for tensor in halves.values())}, "weight_map": weight_map}
    (out / INDEX).write_text(json.dumps(index, indent=1) + "\n")
    for name in ("config.json", *TOKENIZER_FILES):
        shutil.copyfile(checkpoint / name, out / name)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a checkpoint as f16 shards.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    publish(arguments.checkpoint, arguments.out)


if __name__ == "__main__":
    main()
