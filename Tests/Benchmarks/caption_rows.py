"""The rows of caption-filter: CC3M's size in captions, and the selection beside plain Python.

SPDX-License-Identifier: Apache-2.0
"""
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from setting import shown
from turns import Side, by_turns, median, ratio

SCRIPT = Path(__file__).resolve().parent / "captions.py"
COUNTS = {"true": (3_300_000, 400_000), "small": (20_000, 10_000)}
NOTE = ("Made-up captions, phrases by Zipf's law, about 220 bytes a record; seconds with reading and"
        " writing, memory the most that the process holds.")


def corpus(setting, count):
    """The file of `count` captions, made once."""
    path = Path(setting.store.folder) / f"captions-{count}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with open(unfinished, "w", encoding="utf-8") as file:
            subprocess.run([sys.executable, SCRIPT, "make", str(count)], stdout=file, check=True)
        unfinished.rename(path)
    return path


# A process of its own: what this one holds, PyTorch among it, would count as the most of any that it
# starts, as the system counts from before the program is loaded.
WATCH = """
import os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - began, usage.ru_maxrss * 1024)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


def timed(command):
    """Seconds, and most bytes resident, of one run whose output is thrown away."""
    done = subprocess.run([sys.executable, "-c", WATCH, *map(str, command)],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with status {done.returncode}")
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory)


def captions(setting, table):
    """All of CC3M's size with our own phrases; then phrases given, beside Python."""
    full, paired = COUNTS[setting.shape]
    tool = [setting.tools / "caption-filter", "-q", "-j", setting.threads]
    command = [*tool, corpus(setting, full)]
    seconds, memory = timed(command)
    table.add(what=f"caption-filter, {full:,} captions", ours=f"{seconds:.3g} s",
              peer=f"{memory / 2**30:.2f} GiB", peer_name="memory of ours", note=NOTE + " Once.",
              commands=[shown(command)], values={"seconds": seconds, "memory": memory})
    path, most = corpus(setting, paired), {}
    sides = []
    for name, line in (("ours", [*tool, "--phrases-from", "phrases", "--phrase-key", "as-is", path]),
                       ("Python", [sys.executable, SCRIPT, "filter", path])):
        def once(name=name, line=line):
            seconds, most[name] = timed(line)
            return seconds
        sides.append(Side(name, {0: once}, 0, shown(line)))
    with closing(sides[0]), closing(sides[1]):
        times = by_turns(sides, setting.repetitions, setting.budget)
    table.add(what=f"the same, phrases given, {paired:,}",
              ours=f"{median(times['ours']):.3g} s, {most['ours'] / 2**30:.2f} GiB",
              peer=f"{median(times['Python']):.3g} s, {most['Python'] / 2**30:.2f} GiB",
              ratio=ratio(times["ours"], times["Python"]), peer_name="captions.py, plain Python",
              note=NOTE, commands=[side.command for side in sides], values=times)
