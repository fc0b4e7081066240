"""Noise schedules: how many tokens of a block are masked, and what its loss then weighs.

Source: Arriola et al., "Block Diffusion" (ICLR 2025), sections 5.1 to 5.3 and table 8.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

SMALLEST_T = 1e-3
"""t is drawn from [SMALLEST_T, 1]: towards 0 the weights, and the variance with them, grow without bound."""


@dataclass(frozen=True)
class NoiseSchedule:
    """What a block's t ~ U[0, 1] means.

    `mask_probability` t → p, rising from `beta` to `omega`; `loss_weight` t → what the loss of a masked
    token is multiplied by: dp/dt / p, which makes the expected loss the NELBO whatever the schedule.
    A block whose share of masks leaves [beta, omega] is drawn again.
    """

    name: str
    mask_probability: Callable[[Tensor], Tensor]
    loss_weight: Callable[[Tensor], Tensor]
    beta: float = 0.0
    omega: float = 1.0

    def shares(self, block_size: int) -> list[int]:
        """The numbers of masked tokens that a block may have, of 0 … block_size."""
        low, high = math.ceil(self.beta * block_size - 1e-9), math.floor(self.omega * block_size + 1e-9)
        return list(range(low, high + 1))

    def allows(self, block_size: int) -> Tensor:
        """Whether a block may have 0 … block_size masked tokens, [block_size + 1] bool."""
        allowed = torch.zeros(block_size + 1, dtype=torch.bool)
        allowed[self.shares(block_size)] = True
        return allowed


def power(name: str, exponent: float) -> NoiseSchedule:
    """p = t^exponent."""
    return NoiseSchedule(name, lambda t: t**exponent, lambda t: exponent / t)


def clipped(beta: float, omega: float) -> NoiseSchedule:
    """p ~ U[beta, omega], weighted by 1/p as the linear schedule is. For training: its expectation
    is not the NELBO.

    Raises ValueError where 0 ≤ beta ≤ omega ≤ 1, omega > 0 does not hold.
    """
    if not 0 <= beta <= omega <= 1 or omega == 0:
        raise ValueError(f"a clipped schedule U[β, ω] needs 0 ≤ β ≤ ω ≤ 1 and ω > 0, not U[{beta:g}, {omega:g}]")

    def mask_probability(t: Tensor) -> Tensor:
        return beta + (omega - beta) * t

    return NoiseSchedule(f"{beta:g}:{omega:g}", mask_probability, lambda t: 1 / mask_probability(t), beta, omega)


LINEAR = power("linear", 1.0)
SQUARE = power("square", 2.0)
SQUARE_ROOT = power("square root", 0.5)
COSINE = NoiseSchedule(
    "cosine",
    lambda t: 1 - torch.cos(math.pi / 2 * t),
    lambda t: math.pi / 2 * torch.sin(math.pi / 2 * t) / (1 - torch.cos(math.pi / 2 * t)),
)
LOGARITHMIC = NoiseSchedule(
    "logarithmic",
    lambda t: torch.log1p(t) / math.log(2),
    lambda t: 1 / ((1 + t) * torch.log1p(t)),
)
FULL = clipped(1.0, 1.0)
"""Everything masked with weight 1: a block of one token is then exactly autoregression (section 4)."""
UNCLIPPED = (LINEAR, COSINE, SQUARE, SQUARE_ROOT, LOGARITHMIC)
"""The schedules whose expected loss is the NELBO."""


def names_of(schedules: Mapping[int, NoiseSchedule]) -> dict[int, str]:
    """What `schedules_named` takes, and another process or a file can be told."""
    return {size: schedule.name for size, schedule in schedules.items()}


def schedules_named(names: Mapping[int, str]) -> dict[int, NoiseSchedule]:
    """The schedules of block sizes by their names."""
    return {size: schedule_named(name) for size, name in names.items()}


def schedule_named(name: str) -> NoiseSchedule:
    """One of UNCLIPPED by its name, or `0.3:0.8` for U[0.3, 0.8]. Raises ValueError listing what there is."""
    by_name = {schedule.name: schedule for schedule in UNCLIPPED}
    if name in by_name:
        return by_name[name]
    try:
        beta, omega = map(float, name.split(":"))
    except ValueError:
        raise ValueError(
            f"there is no schedule {name!r}; there are {', '.join(by_name)}, and β:ω such as 0.3:0.8"
        ) from None
    return clipped(beta, omega)


def stratified(count: int, generator: torch.Generator) -> Tensor:
    """Low-discrepancy t [count]: one from each of count equal slices of [SMALLEST_T, 1], in random order."""
    offset = torch.rand((), generator=generator)
    return SMALLEST_T + (1 - SMALLEST_T) * (torch.randperm(count, generator=generator) + offset) / count
