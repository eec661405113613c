"""Trains with `llava-train`, and reads what it leaves.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import json
import subprocess
import sys

from safetensors.torch import load_file

import training_models
from tensor_names import canonical
from training_reference import Run

# Beside an adapter may lie LLaVA's own copy of what the adapter holds too.
COPIES = ("non_lora_trainables.safetensors",)


def tensors_of(*paths):
    """By canonical names; of tensors that are no part of a LLaVA nothing is kept."""
    found = {}
    for path in paths:
        for name, tensor in load_file(path).items():
            if (known := canonical(name)) is not None:
                found[known] = tensor
    return found


def result_of(folder):
    """The tensors of an output directory itself, not of checkpoints below it."""
    return tensors_of(*(path for path in sorted(folder.glob("*.safetensors"))
                        if path.name not in COPIES))


class Trainer:
    """`llava-train` of the folder `tools`, its files below `folder`."""

    def __init__(self, tools, folder, threads):
        self.tools, self.folder, self.threads = tools, folder, threads

    def run(self, name, *arguments, data=None):
        line = [str(self.tools / name), *map(str, arguments)]
        if not (self.tools / name).is_file():
            sys.exit(f"{name} is not in {self.tools}: name the folder of the tools with --tools")
        done = subprocess.run(line, input=data, stdout=subprocess.PIPE)
        # 1: complete, but some records were skipped.
        if done.returncode not in (0, 1):
            sys.exit(f"{name} ended with status {done.returncode}: {' '.join(line)}")
        return done.stdout

    def write(self, problem):
        """Model, start and records; returns the arguments that name them, records last."""
        case, folder = problem.case, self.folder
        training_models.write_model(folder / "model", problem.shape, problem.weights)
        if case.train_vision:
            training_models.write_pixels(folder / "features.tsz", problem.shape, problem.examples)
        else:
            problem.examples = training_models.write_stream(
                folder / "features.tsz", problem.shape, problem.examples, case.features)
        arguments = ["-m", folder / "model"]
        if case.adapter and problem.start:
            training_models.write_adapter(folder / "adapter", problem.start, case.adapter.rank,
                                          case.adapter.alpha, case.adapter.rslora)
            arguments += ["--adapter", folder / "adapter"]
        elif problem.start:
            training_models.write_projector(folder / "projector", problem.start)
            arguments += ["--projector", folder / "projector"]
        return arguments + ["-j", self.threads, folder / "features.tsz"]

    def drawn(self, problem, places):
        """The adapter that the tool draws: what is left of it after a step too small to see."""
        case = dataclasses.replace(problem.case, steps=1, rate=1e-30, projector_rate=None,
                                   schedule="constant", warmup_steps=0, warmup_ratio=None)
        result = self.folder / "drawn"
        self.run("llava-train", case.stage, *case.options(), "-o", result, *places)
        found = result_of(result)
        return {name: tensor for name, tensor in found.items() if ".lora_" in name}

    def train(self, problem):
        """The run, and the directory it left. Completes `problem` with what the tool draws and
        with the features that the stream holds."""
        case = problem.case
        places = self.write(problem)
        if case.adapter and case.adapter.drawn is not None:
            problem.start = self.drawn(problem, places)
        result, log = self.folder / "result", self.folder / "log.jsonl"
        gradients = self.folder / "gradients.safetensors"
        self.run("llava-train", case.stage, *case.options(), "--gradients", gradients,
                 "--gradients-step", 1, "--log", log, "-o", result, *places)
        steps = [json.loads(line) for line in log.read_text().splitlines()]
        if [step["step"] for step in steps] != list(range(1, case.steps + 1)):
            sys.exit(f"{log}: expected a line for each of the steps 1 to {case.steps}")
        initial = problem.initial()
        # A vocabulary gets rows for special tokens when it is written; those were not trained.
        trained = {name: tensor[:len(initial[name])] if name in initial else tensor
                   for name, tensor in result_of(result).items()
                   if problem.trains(name)}
        return Run(*([step[key] for step in steps] for key in ("loss", "grad_norm", "lr")),
                   tensors_of(gradients), {name: initial.get(name) for name in trained}, trained,
                   *([step[key] for step in steps] for key in ("ids", "tokens", "loss_tokens"))
                   ), result
