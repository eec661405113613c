"""Makes the steps of torch.optim.Muon in this folder.

SPDX-License-Identifier: Apache-2.0

Needs torch and safetensors: python Tests/Golden/muon/make.py
README.md beside this file says what each file holds.
"""
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
SHAPES = [(12, 20), (20, 12), (9, 9), (5, 33), (33, 5), (1, 8)]
# Its gradients have two directions, as those of few tokens have.
POOR, RANK = (16, 11), 2
RULES = ["original", "match_rms_adamw"]
STEPS = 3
OPTIONS = {"lr": 0.05, "weight_decay": 0.1, "momentum": 0.95}


def steps(start, gradients, rule, iterated):
    """The parameter after each step, PyTorch's own; its iteration in the type `iterated`."""
    parameter = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.Muon([parameter], adjust_lr_fn=rule, **OPTIONS)
    for gradient in gradients:
        parameter.grad = gradient.clone()
        # The iteration names its type; that name is all that is changed of it.
        with mock.patch.object(torch, "bfloat16", iterated):
            optimizer.step()
        yield parameter.detach().clone()


def main():
    generator = torch.Generator().manual_seed(47)
    found = {}
    for rows, columns in [*SHAPES, POOR]:
        name = f"{rows}x{columns}"
        start = torch.randn((rows, columns), generator=generator) * 0.05
        gradients = torch.randn((STEPS, rows, columns), generator=generator)
        if (rows, columns) == POOR:
            gradients = gradients[..., :RANK] @ torch.randn((RANK, columns), generator=generator)
        found[f"{name}.start"], found[f"{name}.gradients"] = start, gradients
        for rule in RULES:
            for word, iterated in (("f32", torch.float32), ("bf16", torch.bfloat16)):
                found[f"{name}.{rule}.{word}"] = torch.stack(
                    list(steps(start, gradients, rule, iterated)))
    save_file(found, HERE / "steps.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    main()
