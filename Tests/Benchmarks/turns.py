"""Runs several programs by turns, so that a machine whose speed drifts spoils no ratio.

SPDX-License-Identifier: Apache-2.0

A side of a comparison is a callable that does one repetition and returns its seconds.
"""
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HOPELESS = 3.0  # a variant this many times slower than the best one of its group is tried once


class Missing(Exception):
    """A peer that cannot run here, and why."""


def last_line(text):
    """The last line of a program's messages, not too long."""
    return (text.strip().splitlines() or ["nothing said"])[-1][:200]


class Server:
    """A process that answers every line on stdin with one repetition."""

    def __init__(self, command, environment=None):
        self.command = [str(part) for part in command]
        self.messages = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})}, stderr=self.messages)
        self.facts = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.messages.seek(0)
            raise Missing(f"{os.path.basename(self.command[0])} failed:"
                          f" {last_line(self.messages.read())}")
        return json.loads(line)

    def once(self, key="seconds"):
        with contextlib.suppress(BrokenPipeError):  # answer() tells why it ended
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        return self.answer()[key]

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.messages.close()


class Side:
    """One program at one or two depths; `depths` maps layers to a callable or a Server."""

    def __init__(self, name, depths, full, command, close=()):
        self.name, self.depths, self.full, self.command = name, depths, full, command
        self.close_all = close

    def __call__(self):
        return to_depth({layers: run() for layers, run in self.depths.items()}, self.full)

    def close(self):
        for server in self.close_all:
            server.close()


def to_depth(seconds, full):
    """Seconds at `full` layers from {layers: seconds}: the line through two depths."""
    if len(seconds) == 1:
        return next(iter(seconds.values()))
    shallow, deep = min(seconds), max(seconds)
    layer = (seconds[deep] - seconds[shallow]) / (deep - shallow)
    return seconds[deep] + (full - deep) * layer


def by_turns(sides, repetitions, budget, groups=()):
    """{side's name: seconds of each repetition}; stops when `budget` seconds are over.
    `groups`: sides that are variants of one peer. One that is hopelessly slower than the best of
    its group keeps its first repetition only."""
    found = {side.name: [] for side in sides}
    began = time.monotonic()
    for repetition in range(repetitions):
        if repetition and time.monotonic() - began > budget:
            break
        hopeless = [side for group in groups for side in group if repetition and
                    found[side.name][0] > HOPELESS * min(found[each.name][0] for each in group)]
        for side in sides:
            if side not in hopeless:
                found[side.name].append(side())
    return found


def median(values):
    return statistics.median(values)


def ratio(ours, theirs):
    """Median of what neighbouring repetitions say: how many times faster ours is."""
    return statistics.median(b / a for a, b in zip(ours, theirs))


def open_sides(makers, opened):
    """Starts each side, to be closed with the ExitStack `opened`; returns {name: side} of those
    that started and {name: reason} of the others."""
    sides, absent = {}, {}
    for name, make in makers:
        try:
            sides[name] = opened.enter_context(contextlib.closing(make()))
        except Missing as reason:
            absent[name] = str(reason)
            print(f"  {name}: {reason}", file=sys.stderr, flush=True)
    return sides, absent
