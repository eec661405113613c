"""Watches what a process holds in memory while it runs.

SPDX-License-Identifier: Apache-2.0
"""
import subprocess
import threading
import time

INTERVAL = 0.05


def held(pid):
    """(bytes of mapped weights, bytes of everything else) resident now; None when it is gone."""
    weights = others = 0
    mine = False
    try:
        with open(f"/proc/{pid}/smaps") as file:
            for line in file:
                if "-" in line.split(" ", 1)[0]:  # the head of a mapping: its addresses
                    mine = line.rstrip().endswith(".safetensors")
                elif line.startswith("Rss:"):
                    amount = int(line.split()[1]) * 1024
                    weights += amount if mine else 0
                    others += 0 if mine else amount
    except (ProcessLookupError, FileNotFoundError, PermissionError):
        return None
    return (weights, others) if weights or others else None


def run(command, data=None, environment=None):
    """Runs to the end: (stdout, seconds, most weights resident, most of everything else)."""
    began = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    most, over = [0, 0], threading.Event()

    def watch():
        while not over.is_set():
            now = held(process.pid)
            if now:
                most[:] = map(max, most, now)
            over.wait(INTERVAL)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate(data)
    seconds = time.perf_counter() - began
    over.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with status {process.returncode}")
    return output, seconds, *most
