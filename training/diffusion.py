"""Masked diffusion inside a block, autoregression over blocks: noise and the loss weights.

Source: Arriola et al., "Block Diffusion" (ICLR 2025), sections 3 to 5.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK_SIZES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class ClippedSchedule:
    """Mask probabilities drawn from U[beta, omega] (paper, section 5.2), stratified over the batch."""

    beta: float
    omega: float

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """count mask probabilities, one from each of count equal slices of [beta, omega], in random order."""
        offset = torch.rand((), generator=generator)
        slices = (torch.randperm(count, generator=generator) + offset) / count
        return self.beta + (self.omega - self.beta) * slices


AUTOREGRESSIVE = ClippedSchedule(1.0, 1.0)
"""A block of one token that is always masked is exactly autoregression."""


def add_noise(
    clean: Tensor, block_sizes: Tensor, mask_id: int, schedule: ClippedSchedule, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Masks each block of clean [batch, length] at its own probability t.

    Blocks of size 1 are always masked; the others draw t from the schedule. Returns x_t [batch, length]
    and the loss weight 1/t of every position [batch, length], 0 where the token was not masked.
    """
    batch, length = clean.shape
    t = torch.ones(batch, length)
    for row, size in enumerate(block_sizes.tolist()):
        drawn = AUTOREGRESSIVE if size == 1 else schedule
        t[row] = drawn.sample(-(-length // size), generator).repeat_interleave(size)[:length]
    masked = torch.rand(batch, length, generator=generator) < t
    noised = torch.where(masked, mask_id, clean)
    return noised, masked / t


def token_losses(logits: Tensor, targets: Tensor, mask_id: int) -> Tensor:
    """−log p(x_0 | x_t) of rows [n], from raw logits [n, vocab]; the mask token's logit is −∞ (SUBS)."""
    logits = logits.float()
    logits[:, mask_id] = -torch.inf
    return F.cross_entropy(logits, targets, reduction="none")
