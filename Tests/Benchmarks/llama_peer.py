"""Runs llama.cpp's programs and reads what they say of their times.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import subprocess
from pathlib import Path

from turns import Missing, last_line

PROGRAMS = ("llama-batched-bench", "llama-mtmd-cli")
ATTEMPTS = 5  # its log's thread sometimes loses the last lines when the program ends
STAGES = {"encode": r"(?:image slice encoded in|mtmd batch encoding done in) (\d+) ms",
          "image prefill": r"image decoded \(batch \d+/\d+\) in (\d+) ms",
          "prompt": r"prompt eval time =\s*([\d.]+) ms",
          "decode": r"(?<!prompt )eval time =\s*([\d.]+) ms"}


class LlamaCpp:
    """The binaries of one build; raises Missing when they are not there."""

    def __init__(self, folder, threads):
        if not folder:
            raise Missing("no llama.cpp: give LLAMA_CPP")
        folder = Path(folder)
        places = [place for place in (folder, folder / "bin")
                  if all((place / name).exists() for name in PROGRAMS)]
        if not places:
            raise Missing(f"no {' and '.join(PROGRAMS)} in {folder}")
        self.folder = places[0].resolve()
        self.threads = ["-t", str(threads), "-tb", str(threads)]

    def run(self, command):
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise Missing(f"{Path(command[0]).name} ended with {done.returncode}:"
                          f" {last_line(done.stderr)}")
        return done.stdout + done.stderr

    def batched_command(self, model, prompt, new, batch, more=()):
        return [self.folder / PROGRAMS[0], "-m", model, "-c", max(4096, batch * (prompt + new)),
                "-b", 2048, "-ub", 512, "-npp", prompt, "-ntg", new, "-npl", batch,
                *self.threads, *more, "--output-format", "jsonl"]

    def batched(self, *given):
        """llama-batched-bench: seconds {"prefill": of the prompts, "decode": of one step}."""
        for _ in range(ATTEMPTS):
            found = re.search(r'\{"n_kv_max".*\}', self.run(self.batched_command(*given)))
            if found:
                break
        else:
            raise Missing("llama-batched-bench printed no result")
        facts = json.loads(found[0])
        return {"prefill": facts["t_pp"], "decode": facts["t_tg"] / facts["tg"]}

    def caption_command(self, model, tower, picture, new, more=()):
        return [self.folder / PROGRAMS[1], "-m", model, "--mmproj", tower, "--image", picture,
                "-p", "Describe this image.", "-n", new, "--temp", 0, *self.threads, "-c", 4096,
                "--chat-template", "vicuna", "--ignore-eos", "--perf", "-lv", 4, *more]

    def caption(self, *given):
        """llama-mtmd-cli: seconds of its stages, loading left out. `prompt` has the encoding and
        the image's prefill in it; `prompt tokens` is a count, the image's rows among them."""
        wanted = set(STAGES) - ({"decode"} if given[3] == 1 else set())
        for _ in range(ATTEMPTS):
            text = self.run(self.caption_command(*given))
            found = {stage: sum(map(float, re.findall(pattern, text))) / 1e3
                     for stage, pattern in STAGES.items()}
            absent = [stage for stage in wanted if not re.search(STAGES[stage], text)]
            if not absent:
                tokens = re.search(r"prompt eval time =\s*[\d.]+ ms /\s*(\d+) tokens", text)
                return {**found, "caption": found["prompt"] + found["decode"],
                        "prompt tokens": tokens[1] if tokens else "unknown"}
        raise Missing(f"llama-mtmd-cli printed no line of {' and '.join(sorted(absent))}")
