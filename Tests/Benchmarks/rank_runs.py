"""Runs llava-train as one rank or several, and times its steps.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path

from setting import shown
from turns import Missing, median

HERE = Path(__file__).resolve().parent
STEPS = 5
BEGINNING = 2  # steps that are left out: when the first began is not known, the second meets caches
MICRO_BATCHES = 4
PATIENCE = 900  # seconds that a run may take
NO_MEMORY = 5  # llava-train's status


def build_times(folder):
    """The library that times exchanges, compiled into `folder`."""
    library = folder / "rank_times.so"
    try:
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "rank_times.c",
                        "-ldl"], check=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as reason:
        raise Missing("how long exchanges take, as cc does not build rank_times.c") from reason
    return library


def busy(process):
    """Processor seconds of all its threads until now; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lines_of(process, pipe):
    """(when it came, processor seconds by then, text) of each line in the named pipe until
    `process` ends."""
    kept, end = b"", time.monotonic() + PATIENCE
    # Open for writing too: its end is the end of the process, not of a writer.
    descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        while True:
            ended = process.poll() is not None
            if select.select([descriptor], [], [], 0 if ended else 0.1)[0]:
                now = time.monotonic(), busy(process)
                *lines, kept = (kept + os.read(descriptor, 1 << 16)).split(b"\n")
                yield from ((*now, line) for line in lines)
            elif ended:
                return
            if time.monotonic() > end:
                raise RuntimeError(f"llava-train took more than {PATIENCE} s")
    finally:
        os.close(descriptor)


class Run:
    """A side of turns: a run of a few steps. It returns the seconds of a step, and keeps each time
    in `exchanged` the seconds of it that ranks took to send and receive slices, in `busy` the
    processor seconds of a run without ranks."""

    def __init__(self, name, cores, train, before=(), libraries=None):
        """`train`: program and options; `before`: what starts it as several ranks; `libraries`: the
        one that times exchanges and the one of MPI."""
        self.name, self.cores = name, cores
        self.train, self.before, self.libraries = train, list(before), libraries
        self.exchanged, self.sent, self.positions, self.busy = [], 0, 0, []
        self.command = shown(self.whole("log", "out"))

    def whole(self, log, output):
        return [*self.before, *self.train, "--accumulate", MICRO_BATCHES, "--steps", STEPS,
                "--save-every", 0, "--recompute", "none", "--quiet", "--log", log, "-o", output]

    def __call__(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as messages:
            folder = Path(folder)
            log, times = folder / "log", folder / "times"
            os.mkfifo(log)
            process = subprocess.Popen(
                [str(part) for part in self.whole(log, folder / "out")], stdin=subprocess.DEVNULL,
                stdout=messages, stderr=messages, env=self.environment(times))
            try:
                stamped = list(lines_of(process, log))
            except BaseException:
                process.terminate()
                raise
            finally:
                process.wait()
            self.check(process.returncode, messages)
            return self.read(stamped, times)

    def environment(self, times):
        found = {**os.environ,
                 "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                 "OMPI_MCA_hwloc_base_binding_policy": "none",
                 "OMPI_MCA_rmaps_base_oversubscribe": "1",
                 # Needs rights that containers lack, and complains there.
                 "OMPI_MCA_btl_vader_single_copy_mechanism": "none"}
        if self.libraries:
            own, behind = self.libraries
            found |= {"LLAVA_MPI": str(own), "LLAVA_MPI_BEHIND": str(behind),
                      "LLAVA_MPI_TIMES": str(times)}
        return found

    def check(self, status, messages):
        if status == 0:
            return
        messages.seek(0)
        lines = [line for line in messages.read().splitlines() if line.startswith("llava-train")]
        reason = lines[-1] if lines else f"llava-train ended with status {status}"
        raise Missing(reason) if status == NO_MEMORY else RuntimeError(reason)

    def read(self, stamped, times):
        """Seconds of a step, of the lines of the log and when they came."""
        assert len(stamped) == STEPS, f"a log of {len(stamped)} lines for {STEPS} steps"
        ends, worked, lines = zip(*stamped)
        last = json.loads(lines[-1])
        self.sent, self.positions = last.get("sent_bytes", 0), last["tokens"]
        if self.libraries:
            self.exchanged.append(self.transfers([float(line) for line in times.open()]))
        self.busy.append(self.step(worked))
        return self.step(ends)

    @staticmethod
    def step(ends):
        """What a step takes, of a clock's time at the end of each. Never 0: who waits for a core
        sees several lines at once."""
        return median([max(1e-6, until - begin) for begin, until in zip(ends, ends[1:])]
                      [BEGINNING - 1:])

    @staticmethod
    def transfers(seconds):
        """Seconds of a step, of all exchanges of a run, of which each step has as many."""
        count, rest = divmod(len(seconds), STEPS)
        assert count and not rest, f"{len(seconds)} exchanges in {STEPS} steps"
        return median([sum(seconds[step * count:(step + 1) * count])
                       for step in range(BEGINNING, STEPS)])


class RunOverLines(Run):
    """The same on machines whose lines are held to a rate, which a plain sender tries before."""

    def __init__(self, name, cores, train, machines, rate, libraries):
        super().__init__(name, cores, train, machines.launcher(cores), libraries)
        self.command = self.command.replace(machines.name, "machine")
        self.machines, self.rate, self.speeds = machines, rate, []

    def __call__(self):
        self.machines.hold_to(self.rate)
        self.speeds.append(self.machines.speed())
        return super().__call__()
