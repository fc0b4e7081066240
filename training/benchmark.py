"""One pass over x_t ⊕ x_0 against the two passes it replaces: milliseconds of forward and backward.

    python -m training.benchmark --checkpoint <folder> --prepared <folder> [--repeats n] [--batch-size n]

Two passes: the clean text under M_BC, which leaves its keys and values, then the noised text, which reads
them. Both are timed in turns, in one process, and the medians are compared.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .attention import Attend, FlexMasks, masked_attention, training_mask, training_masks
from .checkpoint import load_checkpoint
from .data import load_split, training_windows
from .diffusion import add_noise
from .memory import keep_memory
from .models.bd3lm import BD3LM
from .schedules import LINEAR
from .train import HiddenOf, weighted_loss


def two_pass_hidden(model: BD3LM, noised: Tensor, clean: Tensor, block_sizes: Tensor) -> Tensor:
    """What `BD3LM.denoise_hidden` returns, from a pass over x_0 and one over x_t after it."""
    length = clean.shape[1]
    mask = training_mask(length, block_sizes)
    kept: list[tuple[Tensor, Tensor]] = []
    causal = masked_attention(mask[:, length:, length:])
    noised_to_all = masked_attention(mask[:, :length])

    def keep(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        kept.append((k, v))
        return causal(q, k, v)

    def read(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        clean_k, clean_v = kept.pop(0)
        return noised_to_all(q, torch.cat((k, clean_k), dim=2), torch.cat((v, clean_v), dim=2))

    def pass_over(ids: Tensor, attend: Attend) -> Tensor:
        return model.backbone.trunk(ids, attend, copies=1)

    pass_over(clean, keep)
    return pass_over(noised, read)


def time_training(
    model: BD3LM, hidden_of: HiddenOf, noised: Tensor, clean: Tensor, masks: Tensor | FlexMasks, weights: Tensor
) -> float:
    """Milliseconds of one forward and backward pass; arguments as of `weighted_loss`."""
    model.zero_grad(set_to_none=True)
    if clean.is_cuda:
        torch.cuda.synchronize()
    began = time.perf_counter()
    weighted_loss(model, hidden_of, noised, clean, masks, weights).backward()
    if clean.is_cuda:
        torch.cuda.synchronize()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="One training pass against two.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    keep_memory()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_checkpoint(arguments.checkpoint, device)
    length = model.config.model_length
    windows = training_windows(load_split(arguments.prepared, "train"), length)
    clean = windows.batch(np.arange(arguments.batch_size))
    passes = {
        "one_pass_ms": torch.compile(model.denoise_hidden, dynamic=False),
        "two_pass_ms": torch.compile(lambda *batch: two_pass_hidden(model, *batch), dynamic=False),
    }
    for block_size in (4, 16):
        sizes = torch.full((len(clean),), block_size)
        generator = torch.Generator().manual_seed(0)
        noised, weights = add_noise(clean, sizes, model.config.mask_id, {block_size: LINEAR}, generator)
        noised, clean, sizes, weights = (part.to(device) for part in (noised, clean, sizes, weights))
        masks = {"one_pass_ms": training_masks(length, sizes), "two_pass_ms": sizes}
        times: dict[str, list[float]] = {name: [] for name in passes}
        for repeat in range(-1, arguments.repeats):
            for name, hidden_of in passes.items():
                took = time_training(model, hidden_of, noised, clean, masks[name], weights)
                # The first one compiles.
                if repeat >= 0:
                    times[name].append(took)
        medians = {name: round(statistics.median(values), 1) for name, values in times.items()}
        shape = {"block_size": block_size, "batch_size": len(clean), "length": length, "device": device}
        ratio = round(medians["two_pass_ms"] / medians["one_pass_ms"], 3)
        print(json.dumps({**shape, **medians, "two_over_one": ratio, "repeats": arguments.repeats}), flush=True)


if __name__ == "__main__":
    main()
