r"""What an adaptation changed, in 2 or 3 bits a weight: small enough to keep, enough to go on from.

    python -m training.difference pack --checkpoint <run>/checkpoint --base <folder> --out training/adapters/<name>
    python -m training.difference unpack --difference training/adapters/<name> --base <folder> --prepared <folder> \
        --out <checkpoint>

A matrix of differences is rounded in groups of 64 to levels that are evenly spaced around 0, with one f16 step a group.
Vectors and the mask token's embedding are kept in f16. The other rows of the embedding must be the base's.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .llama_checkpoint import EMBEDDING, load_llama, save_llama, with_mask_token
from .publish import split_into_shards

GROUP = 64
STEPS_TRIED = torch.linspace(0.3, 1.4, 23)
"""Steps, in root mean squares of a group, of which the one with the least error is taken."""


def levels(bits: int) -> Tensor:
    """2 bits: −1.5, −0.5, 0.5, 1.5."""
    count = 2**bits
    return torch.arange(count) - (count - 1) / 2


def quantize(matrix: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """matrix → codes uint8 of its shape, and steps f16 [elements / GROUP]."""
    groups = matrix.view(-1, GROUP)
    scale = groups.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-12)
    offset = (2**bits - 1) / 2
    best = torch.full(scale.shape, torch.inf)
    steps = torch.zeros(scale.shape)
    for ratio in STEPS_TRIED:
        step = (scale * ratio).half().float().clamp(min=6e-8)
        rounded = ((groups / step + offset).round().clamp(0, 2 * offset) - offset) * step
        error = (rounded - groups).square().mean(-1, keepdim=True)
        better = error < best
        best, steps = torch.where(better, error, best), torch.where(better, step, steps)
    codes = (groups / steps + offset).round().clamp(0, 2 * offset)
    return codes.to(torch.uint8).view(matrix.shape), steps[:, 0].half()


def dequantize(codes: Tensor, steps: Tensor, bits: int) -> Tensor:
    """What `quantize` rounded a matrix to."""
    values = levels(bits)[codes.long()].view(-1, GROUP)
    return (values * steps.float()[:, None]).view(codes.shape)


def pack_bits(codes: Tensor, bits: int) -> Tensor:
    """Codes uint8 [n · 8], each below 2^bits → bytes [n · bits]: one plane of bits after the other."""
    planes = torch.stack([(codes.flatten() >> bit) & 1 for bit in range(bits)]).view(bits, -1, 8)
    return (planes << torch.arange(8, dtype=torch.uint8)).sum(-1, dtype=torch.uint8).flatten()


def unpack_bits(packed: Tensor, bits: int) -> Tensor:
    """The flat codes of `pack_bits`."""
    planes = (packed.view(bits, -1, 1) >> torch.arange(8, dtype=torch.uint8)) & 1
    weights = (1 << torch.arange(bits, dtype=torch.uint8)).view(-1, 1)
    return (planes.flatten(1) * weights).sum(0, dtype=torch.uint8)


def pack(checkpoint: Path, base: Path, out: Path, bits: int) -> None:
    """Writes the difference's folder. Raises ValueError where more of the embedding changed than the mask token."""
    adapted = load_llama(checkpoint)
    mask_id = adapted.config.mask_id
    before = load_llama(base).state_dict()
    tensors: dict[str, Tensor] = {}
    for name, tensor in adapted.state_dict().items():
        if name == EMBEDDING:
            changed = (tensor != before[name]).any(1).nonzero().flatten().tolist()
            if changed not in ([], [mask_id]):
                raise ValueError(
                    f"{checkpoint} changed {len(changed)} rows of the embedding; only the mask's may change"
                )
            tensors["mask_embedding"] = tensor[mask_id].half()
        elif tensor.dim() == 1:
            tensors[name] = (tensor - before[name]).half()
        else:
            codes, steps = quantize(tensor - before[name], bits)
            tensors[f"{name}.codes"], tensors[f"{name}.steps"] = pack_bits(codes, bits), steps
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.safetensors"):
        old.unlink()
    shards = split_into_shards(tensors)
    for number, shard in enumerate(shards, 1):
        save_file(shard, out / f"difference-{number:05}-of-{len(shards):05}.safetensors", metadata={"format": "pt"})
    (out / "difference.json").write_text(json.dumps({"bits": bits, "mask_token_id": mask_id}) + "\n")


def unpack(difference: Path, base: Path) -> tuple[dict[str, Tensor], int]:
    """The state dict of the base with the difference, and the mask token."""
    described = json.loads((difference / "difference.json").read_text())
    files = sorted(difference.glob("*.safetensors"))
    tensors = {name: tensor for file in files for name, tensor in load_file(file).items()}
    mask_id, bits = described["mask_token_id"], described["bits"]
    state = with_mask_token(load_llama(base), mask_id).state_dict()
    for name, tensor in state.items():
        if name == EMBEDDING:
            tensor[mask_id] = tensors["mask_embedding"].float()
        elif tensor.dim() == 1:
            tensor += tensors[name].float()
        else:
            codes = unpack_bits(tensors[f"{name}.codes"], bits).view(tensor.shape)
            tensor += dequantize(codes, tensors[f"{name}.steps"], bits)
    return state, mask_id


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep or restore what an adaptation changed.")
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack")
    packing.add_argument("--checkpoint", type=Path, required=True)
    packing.add_argument("--bits", type=int, choices=(2, 3, 4), default=2)
    unpacking = commands.add_parser("unpack")
    unpacking.add_argument("--difference", type=Path, required=True)
    unpacking.add_argument("--prepared", type=Path, required=True, help="folder with the tokenizer")
    for command in (packing, unpacking):
        command.add_argument("--base", type=Path, required=True)
        command.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.command == "pack":
        pack(arguments.checkpoint, arguments.base, arguments.out, arguments.bits)
    else:
        state, mask_id = unpack(arguments.difference, arguments.base)
        save_llama(arguments.out, state, mask_id, arguments.base, arguments.prepared)


if __name__ == "__main__":
    main()
