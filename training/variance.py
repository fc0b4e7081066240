"""How much an estimate scatters under a noise schedule, and the clipped schedule with the least scatter.

Source: Arriola et al., "Block Diffusion" (ICLR 2025), sections 4 and 5.3.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .schedules import SMALLEST_T, NoiseSchedule, clipped

WIDTHS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The widths ω − β that the grid search tries, each at every place of GRID_STEP."""
GRID_STEP = 0.05
NODES = 512
"""Points of t that an expectation is integrated over, evenly spaced in log t: the weights grow as 1/t."""


class SampleVariance:
    """1/(M − 1) Σ_m ‖g_m − ḡ‖² of vectors g_m that come one at a time, by Welford's update."""

    def __init__(self) -> None:
        self.count = 0
        self._squares = 0.0

    def add(self, vector: Tensor) -> None:
        """vector [n], the same n every time."""
        self.count += 1
        if self.count == 1:
            self._mean = vector.clone()
            return
        before = vector - self._mean
        self._mean += before / self.count
        self._squares += torch.dot(before.flatten(), (vector - self._mean).flatten()).item()

    @property
    def value(self) -> float:
        """Raises ValueError before there are two vectors."""
        if self.count < 2:
            raise ValueError(f"a variance needs two samples or more, not {self.count}")
        return self._squares / (self.count - 1)


def gradient_variance(model: nn.Module, losses: Iterable[Tensor]) -> float:
    """Of the gradient of M losses [], one of a batch each: 1/(M − 1) Σ_m ‖g_m − ḡ‖² over all parameters."""
    variance = SampleVariance()
    for loss in losses:
        gradients = torch.autograd.grad(loss, [p for p in model.parameters() if p.requires_grad])
        variance.add(torch.cat([gradient.flatten() for gradient in gradients]))
    return variance.value


@dataclass(frozen=True)
class MaskedLossMoments:
    """Of Σ −log p over the masked tokens of a block, for k = 1 … L' of them: its mean and mean square [L'].

    The network does not see t, so these say how the NELBO scatters under any schedule.
    """

    mean: Tensor
    square: Tensor

    @property
    def block_size(self) -> int:
        """L'"""
        return len(self.mean)


def count_probabilities(schedule: NoiseSchedule, t: Tensor, block_size: int) -> Tensor:
    """The probability of k = 0 … L' masked tokens in a block at t [n], as `draw_masks` draws them: [n, L' + 1]."""
    p = schedule.mask_probability(t).double().clamp(1e-12, 1 - 1e-12)
    k = torch.arange(block_size + 1, dtype=torch.float64)
    choose = torch.lgamma(torch.tensor(block_size + 1.0)) - torch.lgamma(k + 1) - torch.lgamma(block_size - k + 1)
    log_probability = choose + k * p.log()[:, None] + (block_size - k) * torch.log1p(-p)[:, None]
    return log_probability.masked_fill(~schedule.allows(block_size), -torch.inf).softmax(-1)


def nelbo_moments(moments: MaskedLossMoments, schedule: NoiseSchedule) -> tuple[float, float]:
    """Mean and variance, over blocks and noise, of a block's weighted loss in nats per token."""
    edges = torch.logspace(math.log10(SMALLEST_T), 0, NODES + 1, dtype=torch.float64)
    t, chance = (edges[1:] * edges[:-1]).sqrt(), edges.diff() / (1 - SMALLEST_T)
    probabilities = count_probabilities(schedule, t, moments.block_size)[:, 1:]
    weight = schedule.loss_weight(t)[:, None] / moments.block_size
    mean = (probabilities * weight * moments.mean).sum(1).dot(chance).item()
    square = (probabilities * weight**2 * moments.square).sum(1).dot(chance).item()
    return mean, square - mean**2


def grid_search(moments: MaskedLossMoments) -> tuple[NoiseSchedule, float]:
    """The clipped schedule of least NELBO variance, and that variance."""
    tried = []
    for width in WIDTHS:
        for place in range(round((1 - width) / GRID_STEP) + 1):
            schedule = clipped(round(place * GRID_STEP, 2), round(place * GRID_STEP + width, 2))
            if any(schedule.shares(moments.block_size)):
                tried.append((nelbo_moments(moments, schedule)[1], schedule))
    variance, schedule = min(tried, key=lambda pair: pair[0])
    return schedule, variance
