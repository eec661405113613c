"""Clipping, AdamW, schedules and normalisation written down once more, in numpy and float64.

SPDX-License-Identifier: Apache-2.0

Only the gradient of a sum of losses is PyTorch's; everything after it is here, from the definitions
and not from PyTorch's code, so that a wrong use of its optimiser cannot hide.
"""
import math

import numpy
import torch

from training_reference import Reference, Run


def rate_factor(case, step):
    """The share of the peak rate in `step`, counted from 0."""
    warmup, steps = case.warmup, case.steps
    if step < warmup:
        return step / warmup
    left = max(1, steps - warmup)
    return {"cosine": 0.5 * (1 + math.cos(math.pi * (step - warmup) / left)),
            "linear": (steps - step) / left, "constant": 1.0}[case.schedule]


def decays(case, name):
    return 0.0 if "norm" in name or "bias" in name else case.decay


def step_gradients(reference, step, names):
    """(the step's loss, its gradients): sums over micro-batches, normalised at the end."""
    case = reference.case
    sums, loss, labels = {name: 0.0 for name in names}, 0.0, 0
    for batch in step:
        for name in names:
            reference.parts[name].grad = None
        total, count = reference.summed(batch)
        total.backward()
        share = 1 / (count * len(step)) if case.norm == "micro" else 1.0
        for name in names:
            gradient = reference.parts[name].grad
            if gradient is not None:
                sums[name] = sums[name] + share * gradient.numpy()
        loss, labels = loss + share * total.item(), labels + count
    scale = 1 / labels if case.norm == "token" else 1.0
    gradients = {name: scale * sums[name] + numpy.zeros(tuple(reference.parts[name].shape))
                 for name in names}
    return loss * scale, gradients, labels


class Adam:
    """One parameter's moments."""

    def __init__(self, shape):
        self.first, self.second, self.steps = numpy.zeros(shape), numpy.zeros(shape), 0

    def update(self, weights, gradient, rate, decay, case):
        first, second = case.betas
        self.steps += 1
        self.first += (1 - first) * (gradient - self.first)
        self.second = second * self.second + (1 - second) * gradient * gradient
        root = numpy.sqrt(self.second) / math.sqrt(1 - second ** self.steps) + case.epsilon
        kept = weights * (1 - rate * decay)
        return kept - rate / (1 - first ** self.steps) * self.first / root


class Muon:
    """One matrix's momentum."""

    def __init__(self, shape):
        self.momentum = numpy.zeros(shape)

    def update(self, weights, gradient, rate, decay, case):
        kept, (rows, columns) = case.muon.momentum, weights.shape
        self.momentum = kept * self.momentum + (1 - kept) * gradient
        change = kept * self.momentum + (1 - kept) * gradient
        change = change / max(numpy.linalg.norm(change), 1e-7)
        # Of the singular values: a s + b s^3 + c s^5, five times.
        left, values, right = numpy.linalg.svd(change, full_matrices=False)
        for _ in range(5):
            values = 3.4445 * values - 4.775 * values ** 3 + 2.0315 * values ** 5
        ratio = (0.2 * math.sqrt(max(rows, columns)) if case.muon.adjust == "match_rms_adamw"
                 else math.sqrt(max(1, rows / columns)))
        return weights * (1 - rate * decay) - rate * ratio * (left * values) @ right


def peak_rate(case, name, is_muon):
    if name.startswith("projector.") and case.projector_rate is not None:
        return case.projector_rate
    if name.startswith("vision.") and case.vision_rate is not None:
        return case.vision_rate
    return case.muon.rate if is_muon and case.muon.rate is not None else case.rate


def train(problem):
    case, reference = problem.case, Reference(problem, torch.float64, padded=False)
    names = list(reference.trained())
    weights = {name: reference.parts[name].detach().numpy().copy() for name in names}
    muon = {name: case.uses_muon(name, weights[name]) for name in names}
    states = {name: (Muon if muon[name] else Adam)(weights[name].shape) for name in names}
    run = Run([], [], [], {}, {name: torch.from_numpy(weights[name].copy()) for name in names},
              {}, [], [], [])
    for number, step in enumerate(problem.batches()):
        loss, gradients, labels = step_gradients(reference, step, names)
        if number == 0:
            run.gradients = {name: torch.from_numpy(value.copy())
                             for name, value in gradients.items()}
        norm = math.sqrt(sum((value * value).sum() for value in gradients.values()))
        clip = min(1.0, case.clip / (norm + 1e-6)) if case.clip else 1.0
        factor = rate_factor(case, number)
        for name in names:
            peak = peak_rate(case, name, muon[name])
            weights[name] = states[name].update(
                weights[name], gradients[name] * clip, peak * factor, decays(case, name), case)
            with torch.no_grad():
                reference.parts[name].copy_(torch.from_numpy(weights[name]))
        examples = [example for batch in step for example in batch]
        run.losses.append(loss)
        run.norms.append(norm)
        run.rates.append(case.rate * factor)
        run.ids.append([example.name for example in examples])
        run.rows.append(sum(len(example.labels()[:case.max_length]) for example in examples))
        run.labels.append(labels)
    run.trained = {name: torch.from_numpy(value) for name, value in weights.items()}
    return run
