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
    "all matrices, 2 copies": (36, ""),
    "LoRA of rank 64": (38, "--lora-rank 64 --lr 1e-3"),
    "Muon": (26, "--optimizer muon"),
    "3 copies": (28, "--copies 3"),
    "1 copy": (52, "--copies 1"),
    "learning rate 6e-4": (36, "--lr 6e-4"),
    "learning rate 1e-4": (36, "--lr 1e-4"),
    "complementary masks": (36, "--masks complementary --schedule 0.15:0.85"),
    "half the autoregressive loss": (36, "--following-weight 0.5"),
    "twice the autoregressive loss": (36, "--following-weight 2"),
    "first token never masked": (36, "--first-masked 0"),
    "linear schedule": (36, "--schedule linear"),
    "LoRA of rank 128": (36, "--lora-rank 128 --lr 1e-3"),
    "LoRA of rank 64, learning rate 2e-3": (38, "--lora-rank 64 --lr 2e-3"),
    "LoRA of rank 64, learning rate 5e-4": (38, "--lora-rank 64 --lr 5e-4"),
    "LoRA of rank 64, 1 copy": (54, "--lora-rank 64 --lr 1e-3 --copies 1"),
    "LoRA of rank 64, learning rate 5e-4, 1 copy": (54, "--lora-rank 64 --lr 5e-4 --copies 1"),
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
    return {"run": name, "steps": steps, "cpu_seconds": round(steps * sum(paces) / len(paces)), **scores}


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
    # Compiling would take longer than the runs.
    torch.compiler.set_stance("force_eager")

    lines = arguments.results.read_text().splitlines() if arguments.results.exists() else []
    done = {json.loads(line)["run"] for line in lines}
    for name in arguments.only or VARIANTS:
        if name not in done:
            result = run(name, arguments)
            with arguments.results.open("a") as file:
                file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
