"""Masked diffusion inside a block, autoregression over blocks: noise and the loss.

Source: Arriola et al., "Block Diffusion" (ICLR 2025), sections 3 to 5.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from .schedules import FULL, NoiseSchedule, stratified

BLOCK_SIZES = (1, 2, 4, 8, 16, 32)


def add_noise(
    clean: Tensor,
    block_sizes: Tensor,
    mask_id: int,
    schedules: Mapping[int, NoiseSchedule],
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Masks clean [batch, length], whose rows have blocks of block_sizes [batch], divisors of length.

    Every block has a t of its own, stratified over all blocks of that size in the batch, and its size's
    schedule; blocks of size 1 are always masked. Returns x_t [batch, length] and the weight of every
    token's loss [batch, length], 0 where the token was not masked.
    """
    weights = torch.zeros(clean.shape)
    for size in block_sizes.unique().tolist():
        rows = block_sizes == size
        blocks = int(rows.sum()) * clean.shape[1] // size
        schedule = FULL if size == 1 else schedules[size]
        t = stratified(blocks, generator)
        masked = draw_masks(schedule, t, size, generator)
        weights[rows] = (masked * schedule.loss_weight(t)[:, None]).view(-1, clean.shape[1])
    return torch.where(weights > 0, mask_id, clean), weights


def draw_masks(schedule: NoiseSchedule, t: Tensor, block_size: int, generator: torch.Generator) -> Tensor:
    """Which tokens of blocks [len(t), block_size] are masked, with a share of each within [β, ω].

    Raises ValueError where no share of a block of that size is.
    """
    allowed = schedule.allows(block_size)
    if not allowed.any():
        raise ValueError(f"no share of {block_size} masked tokens lies in {schedule.name}; widen it")
    probability = schedule.mask_probability(t)[:, None]
    masked = torch.rand(len(t), block_size, generator=generator) < probability
    while (wrong := ~allowed[masked.sum(1)]).any():
        masked[wrong] = torch.rand(int(wrong.sum()), block_size, generator=generator) < probability[wrong]
    return masked


def token_losses(logits: Tensor, targets: Tensor, mask_id: int) -> Tensor:
    """−log p(x_0 | x_t) of rows [n], from raw logits [n, vocab]; the mask token's logit is −∞ (SUBS)."""
    logits = logits.float()
    logits[:, mask_id] = -torch.inf
    return F.cross_entropy(logits, targets, reduction="none")
