"""What the parts of the training share: the scenes in memory and the optimiser's loop.

SPDX-License-Identifier: Apache-2.0
"""
import time
from concurrent.futures import ProcessPoolExecutor

import numpy
import torch
from torch import nn

import checkpoint
import scenes
import tokens

SIDE = 112


def draw_scenes(start, count):
    return [scenes.sample(seed, SIDE, held_out=False) for seed in range(start, start + count)]


class Pictures:
    """All training scenes in memory: pictures, and what covers each patch."""

    def __init__(self, count, workers):
        block = 500
        self.scenes, self.bytes = [], numpy.empty((count, SIDE, SIDE, 3), numpy.uint8)
        self.covers = numpy.empty((count, 8, 8), numpy.uint8)
        with ProcessPoolExecutor(workers) as pool:
            for part in pool.map(draw_scenes, range(0, count, block), [block] * (count // block)):
                for scene, picture, cover in part:
                    self.bytes[len(self.scenes)] = picture
                    self.covers[len(self.scenes)] = cover
                    self.scenes.append(scene)

    def batch(self, size, draw):
        """Scenes, normalised pixels [size, 3, SIDE, SIDE] and covers [size, 64]; half of them
        mirrored."""
        chosen, pictures, covers = [], [], []
        for index in draw.choices(range(len(self.scenes)), k=size):
            scene, picture, cover = self.scenes[index], self.bytes[index], self.covers[index]
            if draw.random() < .5:
                scene, picture, cover = scene.mirrored(), picture[:, ::-1], cover[:, ::-1]
            chosen.append(scene)
            pictures.append(picture)
            covers.append(cover.reshape(-1))
        return (chosen, checkpoint.normalise(numpy.stack(pictures)),
                torch.from_numpy(numpy.stack(covers)).long())


def optimizers(parameters):
    """Muon for the matrices inside the layers, AdamW for the rest, where it is known to serve.

    With AdamW alone the same steps left the language model guessing shapes and places.
    """
    matrices = [p for p in parameters if p.ndim == 2 and max(p.shape) < tokens.PIECES]
    others = [p for p in parameters if p.ndim != 2 or max(p.shape) >= tokens.PIECES]
    return ([torch.optim.Muon(matrices, lr=.02, momentum=.95, weight_decay=.01)]
            + ([torch.optim.AdamW(others, lr=2e-3, betas=(.9, .95), weight_decay=0.0)]
               if others else []))


def run(name, parameters, steps, loss_of, log=50):
    """A short warm-up, and a linear way down over the last two fifths; `loss_of(step)` gives the
    loss of one batch."""
    parameters = list(parameters)
    used = optimizers(parameters)
    rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in used]
    began, total = time.time(), 0.0
    for step in range(steps):
        share = min(1, (step + 1) / 50, (steps - step) / (.4 * steps))
        for optimizer, rate in zip(used, rates):
            for group, full in zip(optimizer.param_groups, rate):
                group["lr"] = full * share
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(step)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in used:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        total += loss.item()
        if (step + 1) % log == 0:
            print(f"{name} {step + 1}/{steps} loss {total / log:.4f}"
                  f" {time.time() - began:.0f} s", flush=True)
            total = 0.0
