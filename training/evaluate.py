"""Validation NELBO per block size.

    python -m training.evaluate --checkpoint <folder> --prepared <folder> [--windows n] [--samples k]

The NELBO of a block of L' tokens under any masking schedule is Σ_k (1/k) E[Σ_masked −log p] over the
number k = 1 … L' of masked tokens, because the network does not see t. Drawing k uniformly and weighting
by L'/k is therefore unbiased, and steadier than drawing t; at L' = 1 it is the exact likelihood.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .checkpoint import load_checkpoint
from .data import Split, load_split
from .diffusion import BLOCK_SIZES, token_losses
from .model import BD3LM


def mask_by_count(clean: Tensor, block_size: int, mask_id: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Masks k ~ U{1 … L'} tokens of each block of clean [batch, length]; returns x_t and the weights L'/k."""
    batch, length = clean.shape
    blocks = length // block_size
    counts = torch.randint(1, block_size + 1, (batch, blocks, 1), generator=generator)
    ranks = torch.rand(batch, blocks, block_size, generator=generator).argsort(-1).argsort(-1)
    masked = ranks < counts
    weights = (masked * block_size / counts).view(batch, length)
    return torch.where(masked.view(batch, length), mask_id, clean), weights


@torch.no_grad()
def nelbo(
    model: BD3LM, split: Split, block_size: int, *, windows: int, samples: int, batch_size: int = 16, seed: int = 0
) -> tuple[float, float]:
    """NELBO in nats per token over the first windows of a split, and its standard error over windows.

    The first id of a window, `<|endoftext|>`, is given and not scored.
    """
    device = next(model.parameters()).device
    mask_id = model.config.mask_id
    generator = torch.Generator().manual_seed(seed)
    numbers = np.arange(min(windows, len(split.windows)))
    sums = torch.zeros(len(numbers), samples)
    for sample in range(samples):
        for first in range(0, len(numbers), batch_size):
            clean = split.batch(numbers[first : first + batch_size])
            noised, weights = mask_by_count(clean, block_size, mask_id, generator)
            weights[:, 0] = 0
            sizes = torch.full((len(clean),), block_size, device=device)
            hidden = model.denoise_hidden(noised.to(device), clean.to(device), sizes).cpu()
            rows = weights > 0
            logits = model.backbone.head(hidden[rows].to(device)).cpu()
            terms = torch.zeros_like(weights)
            terms[rows] = token_losses(logits, clean[rows], mask_id) * weights[rows]
            sums[first : first + batch_size, sample] = terms.sum(1)
    per_window = sums.mean(1) / (split.length - 1)
    return per_window.mean().item(), (per_window.std() / math.sqrt(len(numbers))).item()


def main() -> None:
    parser = argparse.ArgumentParser(description="Validation NELBO per block size.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=294)
    parser.add_argument("--samples", type=int, default=1)
    arguments = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_checkpoint(arguments.checkpoint, device).eval()
    split = load_split(arguments.prepared, "valid", model.config.model_length, openings_only=True)
    for block_size in BLOCK_SIZES:
        mean, error = nelbo(model, split, block_size, windows=arguments.windows, samples=arguments.samples)
        result = {"block_size": block_size, "nelbo_nats_per_token": mean, "stderr": error, "ppl": math.exp(mean)}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
