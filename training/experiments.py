"""The small runs behind the report: noise schedules, what to begin with, and the optimiser.

    python -m training.experiments --prepared <folder> --out <folder>

Every run is one of `training.train` with a small model, and leaves its log in `<out>/<name>/`. Runs that
are finished are not repeated, so it can be stopped and started. `<out>/results.jsonl` has a line for every
run and block size, `<out>/variance.jsonl` one for every schedule and block size.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from .checkpoint import load_checkpoint
from .data import documents, load_split, token_bytes, training_windows
from .evaluate import likelihood, masked_loss_moments
from .memory import keep_memory
from .models.bd3lm import BD3LM
from .recipe import MIXTURE, parse_recipe
from .schedules import NoiseSchedule, schedule_named
from .train import batch_loss, train
from .variance import gradient_variance, grid_search, nelbo_moments

LENGTH, BATCH = 128, 16
SMALL = f"--length {LENGTH} --hidden-dim 128 --layers 3 --heads 2 --batch-size {BATCH} --warmup-steps 20 --ema-decay 0"
SCHEDULES = ("linear", "cosine", "square", "square root", "logarithmic", "0:0.5", "0.3:0.8", "0.5:1", "0.15:1")
SCHEDULE_SIZES = (4, 16)
GRADIENT_BATCHES = 24
SEARCH_EVERY = 25
FULL_LENGTH = f"--mixture {LENGTH}:1 --schedule linear"

BEGINNINGS = {
    "autoregressive": "--mixture 1:1",
    "full length": FULL_LENGTH,
    "mixture": "",
}
"""What the first half of a run is; the second is the mixture."""


class Bench:
    """The prepared data and the folder of runs. A run is named by what is special about it."""

    def __init__(self, prepared: Path, out: Path) -> None:
        self.prepared, self.out = prepared, out
        self.texts = documents(load_split(prepared, "valid"), LENGTH)
        self.bytes_of = token_bytes(prepared)
        self.windows = training_windows(load_split(prepared, "train"), LENGTH)
        out.mkdir(parents=True, exist_ok=True)

    def checkpoint(self, name: str) -> Path:
        """Of the run of that name."""
        return self.out / name / "checkpoint"

    def run(self, name: str, steps: int, more: list[str], start_from: str | None = None) -> None:
        """Trains, and scores blocks of 1, 4 and 16, unless `results.jsonl` has the run already."""
        results = self.out / "results.jsonl"
        if results.exists() and any(json.loads(line)["run"] == name for line in results.read_text().splitlines()):
            return
        where = ["--prepared", str(self.prepared), "--out", str(self.out / name)]
        begin = [] if start_from is None else ["--start-from", str(self.checkpoint(start_from))]
        pace = (
            f"--steps {steps} --decay-steps {steps // 3} --validate-every {SEARCH_EVERY} --save-every {steps}".split()
        )
        train(parse_recipe([*where, *begin, *SMALL.split(), *pace, *more]))
        model = load_checkpoint(self.checkpoint(name)).eval()
        with results.open("a") as lines:
            for size in (1, *SCHEDULE_SIZES):
                scored = asdict(likelihood(model, self.texts, self.bytes_of, size))
                lines.write(json.dumps({"run": name, "steps": steps, **scored}) + "\n")

    def gradient_variance(self, model: BD3LM, schedule: NoiseSchedule, block_size: int) -> float:
        """Over GRADIENT_BATCHES batches of BATCH windows."""
        sizes = torch.full((BATCH,), block_size)

        def losses():
            for number in range(GRADIENT_BATCHES):
                generator = torch.Generator().manual_seed(number)
                clean = self.windows.batch(np.arange(BATCH) + BATCH * number)
                yield batch_loss(model, model.denoise_hidden, clean, sizes, {block_size: schedule}, generator)

        return gradient_variance(model, losses())

    def variances(self, of: str) -> None:
        """Of every schedule for the blocks of a run's model, and of the best that the grid search finds."""
        path = self.out / "variance.jsonl"
        if path.exists():
            return
        model = load_checkpoint(self.checkpoint(of))
        lines = []
        for size in SCHEDULE_SIZES:
            moments = masked_loss_moments(model, self.texts, size)
            found, _ = grid_search(moments)
            asked = [(schedule_named(name), False) for name in SCHEDULES]
            for schedule, searched in [*asked, (found, True)]:
                _, nelbo_variance = nelbo_moments(moments, schedule)
                line = {
                    "block_size": size,
                    "schedule": schedule.name,
                    "searched": searched,
                    "nelbo_variance": nelbo_variance,
                    "gradient_variance": self.gradient_variance(model, schedule, size),
                }
                print(json.dumps(line), flush=True)
                lines.append(json.dumps(line) + "\n")
        path.write_text("".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the report's small experiments.")
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=150, help="of each half of a run; a third as many for a schedule")
    arguments = parser.parse_args()
    keep_memory()
    # Compiling would take longer than the runs.
    torch.compiler.set_stance("force_eager")

    bench = Bench(arguments.prepared, arguments.out)
    for name, more in BEGINNINGS.items():
        bench.run(f"begin {name}", arguments.steps, ["--schedule", "0.15:1", *more.split()])
        then = ["--schedule", "0.15:1", "--mixture", MIXTURE]
        bench.run(f"begin {name}, then mixture", arguments.steps, then, f"begin {name}")
    bench.run("adamw", arguments.steps, ["--schedule", "0.15:1", "--optimizer", "adamw"])

    base = "begin autoregressive, then mixture"
    bench.variances(base)
    for size in SCHEDULE_SIZES:
        for schedule in (*SCHEDULES, "search"):
            more = ["--mixture", f"{size}:1", "--schedule", schedule]
            bench.run(f"blocks of {size}, {schedule}", arguments.steps // 3, more, base)


if __name__ == "__main__":
    main()
