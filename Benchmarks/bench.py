"""Times the tools beside PyTorch, by turns in one run, and prints one table.

SPDX-License-Identifier: Apache-2.0

    python Benchmarks/bench.py --tools .build/release
Both sides load random weights of the same shapes once, and take turns; the ratio is the median of
the ratios of neighbouring repetitions, so that a machine whose speed drifts does not spoil it.
The results are checked by `make agreement`; this only times them.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests" / "Agreement"))

LAYERS = 4  # of a 7B model's 32; what a layer takes is multiplied
FULL = 32


class Server:
    """A process that answers every line with the seconds of one repetition."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})}, stderr=subprocess.DEVNULL)
        self.facts = json.loads(self.process.stdout.readline())

    def once(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["seconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(ours, theirs, repetitions):
    """Median seconds of each side and the median ratio theirs / ours."""
    left, right = Server(ours), Server(theirs)
    pairs = [(left.once(), right.once()) for _ in range(repetitions)]
    left.close()
    right.close()
    return (statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
            statistics.median(b / a for a, b in pairs), left.facts["how"], right.facts["how"])


def whole(command, repetitions):
    """Median wall seconds of a whole process."""
    import time
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def make_model(folder, side):
    """A random LLaVA of LLaVA 1.5's widths with LAYERS layers."""
    import random_llava
    vision, language = random_llava.SHAPES["true"]
    vision = {**vision, "image_size": side}
    language = {**language, "num_hidden_layers": LAYERS}
    random_llava.SHAPES["bench"] = (vision, language)
    folder.mkdir()
    random_llava.make_model(folder, "bench")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tools", default=".build/release")
    options.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options.add_argument("--repetitions", type=int, default=5)
    options.add_argument("--compile", action="store_true", help="also torch.compile (encode)")
    given = options.parse_args()
    bench = Path(given.tools) / "llava-bench"
    peers = [sys.executable, "-W", "ignore", str(HERE / "peers.py")]
    threads = ["--threads", str(given.threads)]
    row = "{:<34} {:>16} {:>16} {:>7}  {}"
    print(row.format("what", "ours", "PyTorch bf16", "ratio", "rows of kernels; peer"), flush=True)

    def line(what, unit, work, ours, theirs, scale=1.0):
        a, b, ratio, mine, yours = compare(ours, theirs, given.repetitions)
        print(row.format(what, f"{work / (a * scale):.2f} {unit}", f"{work / (b * scale):.2f} {unit}",
                         f"{ratio:.2f}", f"{mine}; {yours}"), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        for side in (336, 224):
            model = Path(folder) / str(side)
            make_model(model, side)
            for batch in (1, 8):
                for how in ([], ["--compile"]) if given.compile else ([],):
                    line(f"encode ViT-L/14 {side} px, batch {batch}", "images/s", batch,
                         [bench, "encode", "-m", model, "--batch", str(batch), *threads],
                         [*peers, "encode", "--side", str(side), "--batch", str(batch), *threads,
                          *how])
        model = Path(folder) / "336"
        layers = ["--layers", str(LAYERS)]
        scale = FULL / LAYERS
        line(f"prefill 640 tokens, 7B ({LAYERS} layers timed)", "tokens/s", 640,
             [bench, "prefill", "-m", model, *threads], [*peers, "prefill", *layers, *threads],
             scale)
        for batch in (1, 16):
            line(f"decode {batch} at 640, 7B ({LAYERS} layers timed)", "tokens/s", batch,
                 [bench, "decode", "-m", model, "--batch", str(batch), *threads],
                 [*peers, "decode", "--batch", str(batch), *layers, *threads], scale)
    tool = [str(Path(given.tools) / "convo-format"), "--version"]
    start = whole(tool, 30)
    other = whole(["jq", "--version"], 30) if shutil.which("jq") else float("nan")
    print(row.format("convo-format --version", f"{start * 1e3:.1f} ms",
                     f"{other * 1e3:.1f} ms (jq)", f"{other / start:.2f}", "whole process"))


if __name__ == "__main__":
    main()
