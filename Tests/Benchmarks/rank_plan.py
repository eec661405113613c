"""Derives 8 and 64 machines, for 7B's recipes, from what the row `ranks` of bench.py measured.

SPDX-License-Identifier: Apache-2.0

    python Tests/Benchmarks/rank_plan.py .build/bench-results
Computing is one machine's positions a second by so many machines; sending is 8 P (N - 1) / N bytes
by the share of its line's rate that ranks reached at 1 Gb/s, beside nothing.
"""
import json
import sys
from pathlib import Path

from turns import median

W, LORA, LANGUAGE = 20_979_712, 319_815_680, 6_738_415_616
# Of each kind: its name in print, numbers that are trained, positions of a step, steps.
PLANS = {"W": ("W, mlp2x of LLaVA 1.5", W, 256 * 606, 2180),
         "LoRA r128": ("LoRA of rank 128 and W", W + LORA, 128 * 700, 5197),
         "full": ("full 7B and W", W + LANGUAGE, 128 * 700, 5197)}
MACHINES, LINES, MEASURED = (8, 64), (10, 100), 1  # the last two in Gb/s
TITLES = ("what is trained", "machines", "sent a rank and step", "at 10 Gb/s", "at 100 Gb/s",
          "computing", "sending's share, 10 Gb/s", "100 Gb/s", "the recipe, 10 Gb/s", "100 Gb/s")


def found(rows, begin, end=""):
    return next((row["values"] for row in rows
                 if row["what"].startswith(begin) and row["what"].endswith(end)), None)


def line_share(rows, kind):
    """How much of a line's rate ranks reach when they send slices; 1 where that was not timed."""
    sent = found(rows, f"sending of {kind}, 2 ranks", f", {MEASURED} Gb/s")
    if not sent:
        return 1
    return sent["sent_bytes"] / median(sent["ours"]) / (MEASURED * 1e9 / 8)


def amount(size):
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def duration(seconds):
    return f"{seconds:,.0f} s" if seconds >= 100 else f"{seconds:.{1 if seconds >= 1 else 2}f} s"


def line(rows, kind, machines):
    name, parameters, positions, steps = PLANS[kind]
    values = found(rows, f"{kind}, 32 layers")
    if not values:
        sys.exit(f"rank_plan: no row of {kind} with 32 layers; bench.py --only ranks makes it")
    computing = positions / values["ours"][0] / machines
    sent = 8 * parameters * (machines - 1) / machines
    sending = [sent / (rate * 1e9 / 8 * line_share(rows, kind)) for rate in LINES]
    return (name, str(machines), amount(sent), *map(duration, sending), duration(computing),
            *(f"{100 * each / (each + computing):.1f} %" for each in sending),
            *(f"{steps * (each + computing) / 86400:.1f} days" for each in sending))


def main():
    rows = json.loads((Path(sys.argv[1]) / "bench.json").read_text())["rows"]
    print(f"| {' | '.join(TITLES)} |\n|{'---|' * len(TITLES)}")
    for kind in PLANS:
        for machines in MACHINES:
            print(f"| {' | '.join(line(rows, kind, machines))} |")


if __name__ == "__main__":
    main()
