"""Times the tools beside PyTorch and llama.cpp, by turns in one run, and prints one table.

SPDX-License-Identifier: Apache-2.0

    python Tests/Benchmarks/bench.py --tools .build/release --llama-cpp .build/llama.cpp
All sides load random weights of the same shapes once and take turns; a ratio is the median of the
ratios of neighbouring repetitions, so that a machine whose speed drifts does not spoil it. Before
anything is timed, our results are held against PyTorch's on the same weights.
"""
import argparse
import datetime
import os
import signal
import sys
import time
from pathlib import Path

import caption_rows
import checks
import core_rows
import job_rows
import limit_rows
import models
import quantised_rows
import rank_rows
import train_rows
from setting import Setting
from table import Table

ROWS = {"encode": core_rows.encode, "prefill": core_rows.prefill, "decode": core_rows.decode,
        "products": quantised_rows.products, "quantised": quantised_rows.stages,
        "quantised-job": quantised_rows.captions,
        "train": train_rows.train, "ranks": rank_rows.ranks, "captions": caption_rows.captions,
        "job": job_rows.job, "start": job_rows.start, "version": job_rows.version,
        "memory": job_rows.memory_of, "growth": job_rows.growth, "peak": limit_rows.peak,
        "shares": limit_rows.shares, "attention": limit_rows.attention,
        "sets": core_rows.other_sets}


def options():
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    found.add_argument("--tools", default=".build/release", help="folder of the tools")
    found.add_argument("--limits", default=".build/limits", help="limits.c, compiled")
    found.add_argument("--llama-cpp", default=os.environ.get("LLAMA_CPP", ""),
                       help="folder of llama.cpp's programs, or of the builds of llama_cpp.sh")
    found.add_argument("--openvino", default=".build/openvino/bin/python",
                       help="a Python with the packages of requirements-openvino.txt")
    found.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    found.add_argument("--only", default=",".join(ROWS), help="rows, separated by commas: "
                       + " ".join(ROWS))
    found.add_argument("--layers", type=int, default=8,
                       help="language layers that are timed, besides 2; 32 is all of 7B (8)")
    found.add_argument("--repetitions", type=int, default=5)
    found.add_argument("--budget", type=float, default=120,
                       help="seconds after which a row is not repeated further (120)")
    found.add_argument("--images", type=int, default=16,
                       help="pictures of the whole job, and twice as many (16)")
    found.add_argument("--formats", default="Q8_0,Q4_0,Q4_K_M",
                       help="of the rows quantised and quantised-job")
    found.add_argument("--shape", choices=["true", "small"], default="true",
                       help="small: a quick try of the script itself")
    found.add_argument("--cache", default=".build/bench", help="where models are kept: 14 GB")
    found.add_argument("--output", type=Path, default=Path(".build/bench-results"),
                       help="folder of bench.md and bench.json")
    found.add_argument("--append", action="store_true",
                       help="keep the rows of an earlier run that are not timed now")
    found.add_argument("--no-compile", dest="compile", action="store_false",
                       help="leave out torch.compile")
    found.add_argument("--verbose", action="store_true", help="show the commands of each row")
    return found


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def main():
    found = options()
    given = found.parse_args()
    names = given.only.split(",")
    unknown = set(names) - set(ROWS)
    if unknown:
        sys.exit(f"bench: no rows called {' '.join(sorted(unknown))}; there are {' '.join(ROWS)}")
    if given.shape == "true" and not models.SHALLOW < given.layers <= models.FULL:
        found.error(f"--layers: expected {models.SHALLOW + 1} to {models.FULL}, from which 7B's"
                    f" time follows; found {given.layers}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # rows remove what they have made
    setting = Setting(given)
    checks.check(setting)
    facts = (f"{processor()}, {given.threads} threads each, {datetime.date.today()}; medians of "
             f"at most {given.repetitions} turns; ratio: how many times faster ours is, or, where a"
             " note says so, our share of a limit or the growth of a cost. A dash: not measured;"
             " where something was lacking, the last column or a note says what.")
    print(facts)
    table = Table(given.verbose)
    if given.append:
        table.load(given.output)
    failed = False
    for name in names:
        began = time.monotonic()
        try:
            ROWS[name](setting, table)
        except (Exception, SystemExit) as reason:
            failed = True  # the other rows are worth having
            table.add(what=name, ours="-",
                      note=f"Not measured. {type(reason).__name__}: {reason}")
        print(f"  {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        table.save(given.output, facts)
    table.finish()
    sys.exit(failed)


if __name__ == "__main__":
    main()
