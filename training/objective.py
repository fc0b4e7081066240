"""What an adapted llama is trained for: masked tokens of noised copies, and the next token of the clean half.

Row i predicts token i + 1 in both halves. A block's first token is predicted by the clean row before it, so in the
noised copies it is given. In some blocks it is masked as well, without a loss: a pass that carries the clean rows
of one block and the masks of the next one then does not know it yet.
Source: Arriola et al., "Block Diffusion" (ICLR 2025), sections 3 to 5, for the noise and its weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .diffusion import draw_masks
from .models.llama import Llama
from .precision import products
from .schedules import FULL, NoiseSchedule, stratified
from .shifted import Seen, seen_rows, shifted_attention


@dataclass(frozen=True)
class Noised:
    """Noised copies [batch, copies, length], and the weight of each masked token's loss [batch, copies, length]."""

    ids: Tensor
    weights: Tensor


def add_shifted_noise(
    clean: Tensor,
    scored: Tensor,
    block_sizes: Tensor,
    mask_id: int,
    schedules: Mapping[int, NoiseSchedule],
    first_masked: float,
    generator: torch.Generator,
) -> Noised:
    """Masks clean [batch, length] in copies whose blocks are of block_sizes [batch, copies], 2 or more.

    Only tokens with `scored` [batch, length] are masked. Every block has a t of its own, stratified over the blocks
    of its size, and draws the masks of the L' − 1 tokens after its first one by its size's schedule. The share
    `first_masked` of the blocks has its first token masked too, with weight 0.
    """
    batch, length = clean.shape
    ids = clean[:, None].repeat(1, block_sizes.shape[1], 1)
    weights = torch.zeros(ids.shape)
    for size in block_sizes.unique().tolist():
        rows = block_sizes == size
        blocks = int(rows.sum()) * length // size
        schedule = FULL if size == 2 else schedules[size]
        t = stratified(blocks, generator)
        later = draw_masks(schedule, t, size - 1, generator)
        first = torch.rand(blocks, 1, generator=generator) < first_masked
        masked = torch.cat((first, later), dim=1).view(-1, length)
        weight = (torch.cat((torch.zeros(blocks, 1), later), dim=1) * schedule.loss_weight(t)[:, None]).view(-1, length)
        may = scored[:, None].expand(ids.shape)[rows]
        ids[rows] = torch.where(masked & may, mask_id, ids[rows])
        weights[rows] = weight * may
    return Noised(ids, weights)


def complement(noised: Noised, clean: Tensor, scored: Tensor, block_sizes: Tensor, mask_id: int) -> Noised:
    """Each of the copies [batch, 1, length] and, as a second one, the same with the other tokens masked.

    Together they mask each scored token after a block's first one once, so each loss weighs 2 of 2 copies: 1.
    """
    place = torch.arange(clean.shape[1])
    later = (place % block_sizes[..., None] > 0) & scored[:, None]
    first = noised.weights > 0
    second = later & ~first
    other = torch.where(second, mask_id, clean[:, None])
    return Noised(torch.cat((noised.ids, other), dim=1), torch.cat((first, second), dim=1) * 2.0)


def predicting_rows(model: Llama, clean: Tensor, noised: Tensor, wanted: Tensor, seen: Seen) -> Tensor:
    """Hidden states [n, dim] that predict the n tokens in `wanted` [batch, copies + 1, length]; place 0 has none.

    One pass over noised [batch, copies, length] and clean [batch, length], whose rows see `seen`. The last of the
    copies in `wanted` is the clean half. `wanted` may stay on the CPU, so that nobody waits for the GPU to count it.
    """
    copies, length = noised.shape[1:]
    positions = torch.arange(length, device=clean.device).repeat(copies + 1)
    rows = F.pad(wanted[..., 1:], (0, 1)).flatten().nonzero()[:, 0].to(clean.device)
    hidden = model.trunk(torch.cat((noised.flatten(1), clean), dim=1), positions, shifted_attention(seen))
    return hidden.flatten(0, 1)[rows]


def predict(model: Llama, clean: Tensor, noised: Tensor, wanted: Tensor, seen: Seen) -> Tensor:
    """Logits [n, vocab] of `predicting_rows`, where the mask token's is −∞ (SUBS)."""
    logits = model.head(predicting_rows(model, clean, noised, wanted, seen)).float()
    logits[:, model.config.mask_id] = -torch.inf
    return logits


@dataclass(frozen=True)
class Losses:
    """Sums in nats: weight · −log p of each copy's masked tokens [batch, copies]; −log p of next tokens [batch]."""

    masked: Tensor
    following: Tensor


def losses(model: Llama, clean: Tensor, noised: Noised, block_sizes: Tensor, following: Tensor) -> Losses:
    """One pass over x_t ⊕ x_0. following [batch, length] are the tokens whose prediction by the clean half counts.

    clean [batch, length], block_sizes [batch, copies]. All are given on the CPU; the losses are on the model's device.
    """
    device = next(model.parameters()).device
    weights = torch.cat((noised.weights, following[:, None].float()), dim=1)
    wanted = weights > 0
    copies = weights.shape[1]
    targets = clean[:, None].expand(wanted.shape)[wanted].to(device)
    of_text = wanted.flatten(0, 1).nonzero()[:, 0].to(device)
    weight = weights[wanted].to(device)
    seen = seen_rows(clean.shape[1], block_sizes.to(device))
    with products(device):
        hidden = predicting_rows(model, clean.to(device), noised.ids.to(device), wanted, seen)
        nats = model.nats(hidden, targets) * weight
    sums = torch.zeros(len(clean) * copies, device=device).index_add(0, of_text, nats).view(-1, copies)
    return Losses(masked=sums[:, :-1], following=sums[:, -1])
