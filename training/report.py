"""Draws the report's figures and fills its tables in from the logs.

    python -m training.report

reads `training/logs/`, writes `training/figures/*.svg`, and replaces in `training/REPORT.md` what stands
between `<!-- name -->` and `<!-- end -->`.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import mean

HERE = Path(__file__).parent
LOGS, FIGURES, REPORT = HERE / "logs", HERE / "figures", HERE / "REPORT.md"
Row = dict[str, object]


def read_log(name: str) -> list[Row]:
    """The lines of `training/logs/<name>.jsonl`."""
    return [json.loads(line) for line in (LOGS / f"{name}.jsonl").read_text().splitlines()]


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table, its columns padded to one width."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]])


def schedule_title(name: str) -> str:
    """`0.3:0.8` as the paper writes it."""
    return f"U[{name.replace(':', ', ')}]" if ":" in name else name


def likelihood_table(log: str) -> str:
    rows = read_log(log)
    first = rows[0]["ppl"]
    return table(
        ("block size", "NELBO, nats a token", "standard error", "perplexity (≤)", "over size 1", "bits a byte (≤)"),
        (
            (
                row["block_size"],
                f"{row['nelbo_nats_per_token']:.3f}",
                f"{row['stderr']:.3f}",
                f"{row['ppl']:.1f}",
                f"{row['ppl'] / first - 1:+.0%}" if row is not rows[0] else "",
                f"{row['bits_per_byte']:.3f}",
            )
            for row in rows
        ),
    )


def experiment_perplexities(run: str, sizes: Iterable[int]) -> list[str]:
    """Of a run of `training.experiments`, at each of these block sizes."""
    results = {row["block_size"]: row["ppl"] for row in read_log("experiments") if row["run"] == run}
    return [f"{results[size]:.1f}" for size in sizes]


def run_table(what: str, runs: dict[str, str]) -> str:
    """A row for each run, by its title."""
    head = (what, "perplexity at L' = 1", "L' = 4", "L' = 16")
    return table(head, ((title, *experiment_perplexities(run, (1, 4, 16))) for title, run in runs.items()))


def schedule_table() -> str:
    variances = read_log("variance")
    sizes = sorted({row["block_size"] for row in variances})
    names = list(dict.fromkeys(row["schedule"] for row in variances if not row["searched"]))
    rows = []
    for name in [*names, "search"]:
        cells: list[object] = [schedule_title(name)]
        for size in sizes:
            (row,) = (
                row
                for row in variances
                if row["block_size"] == size and name == ("search" if row["searched"] else row["schedule"])
            )
            found = f" at {schedule_title(row['schedule'])}" if name == "search" else ""
            cells += [f"{row['nelbo_variance']:.2f}{found}", f"{row['gradient_variance']:.2f}"]
            cells += experiment_perplexities(f"blocks of {size}, {name}", [size])
        rows.append(cells)
    head = [f"{what}, L' = {size}" for size in sizes for what in ("NELBO variance", "gradient variance", "perplexity")]
    return table(("schedule", *head), rows)


def beginning_table() -> str:
    firsts = ("autoregressive", "full length", "mixture")
    return run_table("first half", {first: f"begin {first}, then mixture" for first in firsts})


def optimizer_table() -> str:
    return run_table("matrices by", {"Muon": "begin mixture", "AdamW": "adamw"})


def one_pass_table() -> str:
    return table(
        ("block size", "one pass, ms", "two passes, ms", "two over one"),
        ((r["block_size"], r["one_pass_ms"], r["two_pass_ms"], r["two_over_one"]) for r in read_log("one-pass")),
    )


def setting_of(row: Row) -> tuple[str, str]:
    """A quality line's policy and its parameter, in words."""
    if row["block_size"] == 1:
        return "autoregressive", ""
    if "threshold" in row:
        return row["policy"], f"above {row['threshold']}"
    if "entropyBound" in row:
        return row["policy"], f"bound {row['entropyBound']}"
    return row["policy"], f"{row['steps']} steps" if "steps" in row else ""


def by_setting(rows: list[Row]) -> dict[tuple[str, str, int], list[Row]]:
    """Quality lines grouped by policy, parameter and block size, in their first order."""
    groups: dict[tuple[str, str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((*setting_of(row), row["block_size"]), []).append(row)
    return groups


def quality_table(log: str) -> str:
    measures = ("passes_per_token", "nats_per_token", "distinct_1", "distinct_2", "distinct_3", "repetition_4")
    return table(
        (
            *("policy", "", "block size", "passes a token", "perplexity", "distinct 1-grams"),
            *("2-grams", "3-grams", "repeated 4-grams"),
        ),
        (
            (*key, f"{values[0]:.2f}", f"{math.exp(values[1]):.1f}", *(f"{value:.2f}" for value in values[2:]))
            for key, rows in by_setting(read_log(log)).items()
            for values in [[mean(row[measure] for row in rows) for measure in measures]]
        ),
    )


def samples(log: str) -> str:
    """A text each of some settings, the samples taken in turn."""
    parts = []
    chosen = [group for key, group in by_setting(read_log(log)).items() if key in SAMPLED[log]]
    for number, group in enumerate(chosen):
        row = group[number % len(group)]
        policy, parameter = setting_of(row)
        what = ", ".join(filter(None, [policy, parameter, f"block size {row['block_size']}"]))
        quoted = "\n".join(
            f"> {line}".rstrip() for line in f"{row['prompt'].strip()}\n\n{row['text'].strip()}".splitlines()
        )
        parts.append(f"**{what}**, seed {row['seed']}, {row['passes_per_token']:.2f} passes a token:\n\n{quoted}")
    return "\n\n".join(parts)


SAMPLED = {
    "quality": {
        ("autoregressive", "", 1),
        *(("confidence", f"{steps} steps", 4) for steps in (4, 2, 1)),
        *(("confidence", f"{steps} steps", 8) for steps in (8, 4, 2)),
        *(("confidence", f"{steps} steps", 16) for steps in (16, 4)),
        ("first-hitting", "", 16),
        ("ancestral", "8 steps", 16),
        ("threshold", "above 0.7", 16),
    },
    "adapted-quality": {
        ("autoregressive", "", 1),
        *(("confidence", "4 steps", size) for size in (4, 8)),
        ("confidence", "8 steps", 8),
        ("confidence", "8 steps", 16),
        *(("threshold", f"above {bound}", 8) for bound in (0.9, 0.7, 0.5)),
    },
}
"""By log, the settings of which the report shows a text."""


def acceptance_table() -> str:
    rows = read_log("adapted-acceptance")
    most = max(len(row["right"]) for row in rows)
    return table(
        ("block size", "blocks", *(f"place {place}" for place in range(most)), "run"),
        (
            (
                row["block_size"],
                row["blocks"],
                *(f"{right:.0%}" for right in row["right"]),
                *[""] * (most - len(row["right"])),
                f"{row['run']:.2f}",
            )
            for row in rows
        ),
    )


def adaptation_table() -> str:
    sizes = (1, 2, 4, 8, 16, 32)
    return table(
        ("", "steps", "seconds of a core", *(f"L' = {size}" for size in sizes)),
        (
            (row["run"], row["steps"], row["cpu_seconds"], *(f"{row[f'bits_per_byte_{size}']:.3f}" for size in sizes))
            for row in read_log("adaptation-experiments")
        ),
    )


def curve_table(log: str, sizes: tuple[int, ...]) -> str:
    return table(
        ("", "million tokens", *(f"L' = {size}" for size in sizes)),
        (
            (row["run"], f"{row['tokens'] / 1e6:.1f}", *(f"{row[f'bits_per_byte_{size}']:.3f}" for size in sizes))
            for row in read_log(log)
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    "adapted-likelihood": partial(likelihood_table, "adapted-conversations"),
    "adapted-documents": partial(likelihood_table, "adapted-documents"),
    "acceptance": acceptance_table,
    "adapted-quality": partial(quality_table, "adapted-quality"),
    "adapted-quality-gpu": partial(quality_table, "adapted-quality-gpu"),
    "adapted-samples": partial(samples, "adapted-quality"),
    "curve": partial(curve_table, "adaptation-curve", (1, 2, 4, 8, 16)),
    "adaptation-schedules": partial(curve_table, "adaptation-schedules", (1, 2, 4, 8, 16, 32)),
    "adaptation": adaptation_table,
    "likelihood": partial(likelihood_table, "evaluation"),
    "schedules": schedule_table,
    "beginnings": beginning_table,
    "optimizers": optimizer_table,
    "one-pass": one_pass_table,
    "quality": partial(quality_table, "quality"),
    "samples": partial(samples, "quality"),
}


def filled(report: str) -> str:
    """The report with each table as the logs have it. Raises ValueError for a table it lacks."""
    for name, make in TABLES.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        if not pattern.search(report):
            raise ValueError(f"the report has no place for the table {name}")
        report = pattern.sub(lambda match, make=make: f"{match[1]}\n{make()}\n{match[2]}", report)
    return report


def draw_figures() -> None:
    """Writes `training/figures/*.svg`; the same logs give the same files."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "unmask", "font.family": "sans-serif", "axes.spines.top": False}
    matplotlib.rcParams |= {"axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3, "figure.figsize": (7, 4)}
    import matplotlib.pyplot as plt

    def save(name: str, x: str, y: str) -> None:
        plt.xlabel(x)
        plt.ylabel(y)
        plt.legend(frameon=False)
        plt.tight_layout()
        plt.savefig(FIGURES / f"{name}.svg", metadata={"Date": None})
        plt.close()

    FIGURES.mkdir(exist_ok=True)
    log = read_log("stories")
    steps = [row for row in log if "loss" in row]
    plt.plot([row["step"] for row in steps], [row["loss"] for row in steps], color="0.8", label="training loss")
    for size, color in ((1, "tab:blue"), (4, "tab:green"), (16, "tab:red")):
        seen = [row for row in log if f"nelbo_{size}" in row]
        values = [row[f"nelbo_{size}"] for row in seen]
        plt.plot([row["step"] for row in seen], values, "o-", color=color, label=f"validation, block size {size}")
    plt.ylim(top=8)
    save("loss", "step", "nats a token")

    rows = read_log("evaluation")
    sizes = [row["block_size"] for row in rows]
    plt.errorbar(
        sizes, [row["nelbo_nats_per_token"] for row in rows], [row["stderr"] for row in rows], fmt="o-", label="NELBO"
    )
    plt.xscale("log", base=2)
    plt.xticks(sizes, map(str, sizes))
    save("block-sizes", "block size", "nats a token")

    for log in ("quality", "adapted-quality"):
        by_policy: dict[str, list[tuple[float, float]]] = {}
        for (policy, _, block_size), texts in by_setting(read_log(log)).items():
            name = policy if block_size == 1 else f"{policy}, block size {block_size}"
            point = (mean(row["passes_per_token"] for row in texts), mean(row["nats_per_token"] for row in texts))
            by_policy.setdefault(name, []).append(point)
        for name, points in by_policy.items():
            plt.plot(*zip(*sorted(points), strict=True), "o-", label=name)
        save(log, "forward passes a token", "nats a token under the model's own L' = 1")

    variances = read_log("variance")
    for size, marker in ((4, "o"), (16, "s")):
        same = [row for row in variances if row["block_size"] == size]
        plt.loglog(
            [row["nelbo_variance"] for row in same],
            [row["gradient_variance"] for row in same],
            marker,
            label=f"schedules for L' = {size}",
        )
    save("variance", "variance of the NELBO of a block", "variance of the gradient")


def main() -> None:
    draw_figures()
    REPORT.write_text(filled(REPORT.read_text()))


if __name__ == "__main__":
    main()
