"""What a training run is made of, checked before it starts."""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

from .schedules import NoiseSchedule, clipped, schedule_named

MIXTURE = "1:1,2:1,4:3,8:2,16:3,32:1"
FIRST_SCHEDULE = clipped(0.15, 1.0)
"""What `--schedule search` begins with, until the first validation."""
OPTIMIZERS = ("muon", "adamw")


@dataclass(frozen=True)
class Recipe:
    """One training run. Steps count batches of batch_size windows of `length` tokens.

    `mixture` holds (block size, how often it is drawn); `schedule` is a name for `schedule_named`, or
    `search`: a grid search over U[β, ω] per block size, at each validation. Raises ValueError for what
    cannot be trained.
    """

    prepared: Path
    run: Path
    steps: int
    start_from: Path | None
    mixture: tuple[tuple[int, float], ...]
    schedule: str
    optimizer: str
    decay_steps: int
    warmup_steps: int
    ema_decay: float
    batch_size: int
    length: int
    hidden_dim: int
    layers: int
    heads: int
    save_every: int
    validate_every: int
    seed: int

    def __post_init__(self) -> None:
        for name in ("steps", "decay_steps", "warmup_steps", "batch_size", "length", "save_every", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, not {getattr(self, name)}")
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"--ema-decay must be from 0 up to 1, 1 left out, not {self.ema_decay:g}")
        for size in self.block_sizes:
            if self.length % size:
                raise ValueError(f"--length {self.length} must be a multiple of the block size {size}")
        if self.schedule == "search" and self.length < 2 * max(self.block_sizes):
            raise ValueError(f"--schedule search needs a --length of two blocks of {max(self.block_sizes)} or more")
        self.first_schedules()

    @property
    def block_sizes(self) -> tuple[int, ...]:
        """The block sizes of the mixture."""
        return tuple(size for size, _ in self.mixture)

    def first_schedules(self) -> dict[int, NoiseSchedule]:
        """The noise schedule that each block size above 1 begins with."""
        first = FIRST_SCHEDULE if self.schedule == "search" else schedule_named(self.schedule)
        for size in self.block_sizes:
            if size > 1 and not any(first.shares(size)):
                raise ValueError(f"no number of masks in a block of {size} has a share in {first.name}; widen it")
        return {size: first for size in self.block_sizes if size > 1}


def parse_mixture(text: str) -> tuple[tuple[int, float], ...]:
    """`1:2,4:1` → ((1, 2.0), (4, 1.0)). Raises ValueError for sizes or weights that are not above 0."""
    pairs = []
    for part in text.split(","):
        size, _, weight = part.partition(":")
        try:
            pairs.append((int(size), float(weight)))
        except ValueError:
            raise ValueError(f"--mixture is block sizes with weights, such as {MIXTURE}, not {text!r}") from None
        if pairs[-1][0] < 1 or not 0 < pairs[-1][1] < float("inf"):
            raise ValueError(f"--mixture needs block sizes and weights above 0, not {part!r}")
    if len({size for size, _ in pairs}) < len(pairs):
        raise ValueError(f"--mixture names a block size twice: {text!r}")
    return tuple(pairs)


def parse_recipe(arguments: list[str]) -> Recipe:
    """The recipe of a command line. Raises ValueError as Recipe does."""
    parser = argparse.ArgumentParser(description="Train a block diffusion language model.")
    parser.add_argument("--prepared", type=Path, required=True, help="folder written by training.prepare")
    parser.add_argument(
        "--out", dest="run", type=Path, required=True, help="folder for the checkpoint, the state and the log"
    )
    parser.add_argument("--steps", type=int, required=True, help="the step at which the run ends")
    parser.add_argument("--start-from", type=Path, help="checkpoint folder whose weights a new run begins with")
    parser.add_argument("--mixture", default=MIXTURE, help=f"block sizes and weights, {MIXTURE}")
    parser.add_argument("--schedule", default="search", help="search, a name such as cosine, or β:ω")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="muon", help="for the matrices inside the network")
    parser.add_argument("--decay-steps", type=int, default=400, help="the learning rate falls to 0 over the last n")
    parser.add_argument("--warmup-steps", type=int, default=60)
    parser.add_argument("--ema-decay", type=float, default=0.99, help="of the weights that are validated and kept")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--hidden-dim", type=int, default=256)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--save-every", type=int, default=50)
    parser.add_argument("--validate-every", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    values = vars(parser.parse_args(arguments))
    values["mixture"] = parse_mixture(values["mixture"])
    return Recipe(**{field.name: values[field.name] for field in fields(Recipe)})
