"""The short adaptations behind the report's table, each with the same seconds on one core.

    python -m training.adapt_experiments --prepared <folder> --base <folder> --out <folder> --results <file.jsonl>

A run that `--results` has already is not repeated, so it can be stopped and started. The steps of a variant are what
300 seconds of one core (AMD EPYC with avx512_bf16) had room for. Every run decays its learning rate to 0.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch

from .adapt import adapt
from .adapt_recipe import parse_recipe
from .memory import keep_memory

COMMON = "--ema-decay 0 --batch-size 2 --warmup-steps 4 --save-minutes 1000 --validate-every 1000"
VARIANTS = {
    "all matrices, 2 copies": (40, ""),
    "LoRA of rank 64": (44, "--lora-rank 64 --lr 1e-3"),
    "LoRA of rank 128": (40, "--lora-rank 128 --lr 1e-3"),
    "1 copy": (60, "--copies 1"),
    "3 copies": (30, "--copies 3"),
    "complementary masks": (40, "--masks complementary --schedule 0.15:0.85"),
    "learning rate 1e-4": (40, "--lr 1e-4"),
    "learning rate 6e-4": (40, "--lr 6e-4"),
    "half the autoregressive loss": (40, "--following-weight 0.5"),
    "twice the autoregressive loss": (40, "--following-weight 2"),
    "Muon": (28, "--optimizer muon"),
    "linear schedule": (40, "--schedule linear"),
    "U[0.3, 0.8]": (40, "--schedule 0.3:0.8 --mixture 2:1,8:5,16:3,32:1"),
    "first token never masked": (40, "--first-masked 0"),
}
"""By name: steps, and what is special about the recipe."""


def run(name: str, arguments: argparse.Namespace) -> dict[str, object]:
    """One variant's tokens, seconds of a core and bits per byte."""
    steps, special = VARIANTS[name]
    folder = arguments.out / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    where = ["--prepared", str(arguments.prepared), "--base", str(arguments.base), "--out", str(folder)]
    pace = ["--steps", str(steps), "--decay-steps", str(steps // 3)]
    adapt(parse_recipe([*where, *pace, *COMMON.split(), *special.split()]))
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    paces = [entry["cpu_s_per_step"] for entry in entries if "cpu_s_per_step" in entry]
    scores = {key: value for key, value in entries[-1].items() if key.startswith("bits_per_byte")}
    (folder / "state.pt").unlink()
    shutil.rmtree(folder / "checkpoint")
    # The first steps compile.
    return {"run": name, "steps": steps, "cpu_seconds": round(steps * sum(paces[1:]) / len(paces[1:])), **scores}


def main() -> None:
    parser = argparse.ArgumentParser(description="Short adaptations with the same seconds each.")
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", action="append", choices=VARIANTS, help="a variant; several are possible")
    arguments = parser.parse_args()
    keep_memory()
    torch.set_num_threads(1)

    lines = arguments.results.read_text().splitlines() if arguments.results.exists() else []
    done = {json.loads(line)["run"] for line in lines}
    for name in arguments.only or VARIANTS:
        if name not in done:
            result = run(name, arguments)
            with arguments.results.open("a") as file:
                file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
