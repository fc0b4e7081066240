"""What an adaptation is made of, checked before it starts."""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

from .recipe import OPTIMIZERS, parse_mixture
from .schedules import NoiseSchedule, clipped, schedule_named
from .shifted import TILE

MIXTURE = "2:1,4:3,8:3,16:2,32:1"
FIRST_SCHEDULE = clipped(0.3, 1.0)
"""What `--schedule search` begins with, until the first validation."""
MASKS = ("independent", "complementary")
ROUNDINGS = ("none", "q4")


@dataclass(frozen=True)
class AdaptRecipe:
    """One adaptation. A step has batch_size windows of `length` clean tokens, each with `copies` noised copies.

    `mixture` holds (block size, how often it is drawn); `schedule` is a name for `schedule_named`, or `search`: a grid
    search over U[β, ω] per block size, at each validation. `following` is the share of the clean rows with an
    autoregressive loss, `following_weight` what it counts against the masked one. `lora_rank` 0 trains all weights but
    the embedding. `rounding` q4 computes with the matrices as they are shipped, rounded anew at each step. Raises
    ValueError for what cannot be trained.
    """

    prepared: Path
    base: Path
    run: Path
    steps: int
    start_from: Path | None
    mixture: tuple[tuple[int, float], ...]
    schedule: str
    masks: str
    first_masked: float
    following: float
    following_weight: float
    copies: int
    optimizer: str
    lr: float
    muon_lr: float
    lora_rank: int
    rounding: str
    decay_steps: int
    warmup_steps: int
    ema_decay: float
    batch_size: int
    length: int
    save_minutes: float
    validate_every: int
    threads: int
    seed: int

    def __post_init__(self) -> None:
        for name in ("steps", "copies", "batch_size", "decay_steps", "warmup_steps", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, not {getattr(self, name)}")
        if self.length < TILE or self.length % TILE:
            raise ValueError(f"--length must be a multiple of {TILE}, not {self.length}")
        for size in self.block_sizes:
            if size < 2 or TILE % size:
                raise ValueError(f"block size {size} of --mixture must be 2 or more and divide {TILE}")
        if not 0 < self.following <= 1:
            raise ValueError(f"--following must be a share above 0, not {self.following:g}")
        if self.masks == "complementary" and self.copies != 2:
            raise ValueError("--masks complementary needs --copies 2")
        self.first_schedules()

    @property
    def block_sizes(self) -> tuple[int, ...]:
        """The block sizes of the mixture."""
        return tuple(size for size, _ in self.mixture)

    def first_schedules(self) -> dict[int, NoiseSchedule]:
        """The noise schedule that each block size begins with."""
        schedule = FIRST_SCHEDULE if self.schedule == "search" else schedule_named(self.schedule)
        for size in self.block_sizes:
            if size > 2 and not any(schedule.shares(size - 1)):
                raise ValueError(f"no number of masks of {size - 1} tokens has a share in {schedule.name}; widen it")
        return {size: schedule for size in self.block_sizes}


def parse_recipe(arguments: list[str]) -> AdaptRecipe:
    """The recipe of a command line. Raises ValueError as AdaptRecipe does."""
    parser = argparse.ArgumentParser(description="Adapt an autoregressive llama to block diffusion.")
    parser.add_argument("--prepared", type=Path, required=True, help="folder written by training.conversations")
    parser.add_argument("--base", type=Path, required=True, help="folder written by training.gguf_import")
    parser.add_argument("--out", dest="run", type=Path, required=True, help="folder for the checkpoint, state and log")
    parser.add_argument("--steps", type=int, required=True, help="the step at which the run ends")
    parser.add_argument("--start-from", type=Path, help="checkpoint folder whose weights a new run begins with")
    parser.add_argument("--mixture", default=MIXTURE, help=f"block sizes and weights, {MIXTURE}")
    parser.add_argument("--schedule", default="0.3:1", help="search, a name such as cosine, or β:ω")
    parser.add_argument("--masks", choices=MASKS, default="independent", help="of the copies of a window")
    parser.add_argument("--first-masked", type=float, default=0.25, help="share of blocks without their first token")
    parser.add_argument("--following", type=float, default=0.5, help="share of clean rows with a loss")
    parser.add_argument("--following-weight", type=float, default=1.0)
    parser.add_argument("--copies", type=int, default=2, help="noised copies that share a clean half")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="adamw", help="for the matrices inside the network")
    parser.add_argument("--lr", type=float, default=3e-4, help="of AdamW")
    parser.add_argument("--muon-lr", type=float, default=0.005)
    parser.add_argument("--lora-rank", type=int, default=0, help="0 trains the matrices themselves")
    parser.add_argument("--rounding", choices=ROUNDINGS, default="none", help="of matrices in the forward pass")
    parser.add_argument("--decay-steps", type=int, default=200, help="the learning rate falls to 0 over the last n")
    parser.add_argument("--warmup-steps", type=int, default=20)
    parser.add_argument("--ema-decay", type=float, default=0.98, help="of the weights that are validated and kept")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--save-minutes", type=float, default=5, help="how often the state and checkpoint are written")
    parser.add_argument("--validate-every", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    values = vars(parser.parse_args(arguments))
    values["mixture"] = parse_mixture(values["mixture"])
    return AdaptRecipe(**{field.name: values[field.name] for field in fields(AdaptRecipe)})
