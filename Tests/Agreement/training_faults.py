"""Faults that a trainer may have, to see that the comparison finds each.

SPDX-License-Identifier: Apache-2.0
"""
import copy
import dataclasses

import torch


def option(**changes):
    """A trainer that takes other options than it was given."""
    def change(problem):
        return dataclasses.replace(problem, case=dataclasses.replace(problem.case, **changes))
    return change


def records(change_one):
    """A trainer that reads records otherwise; `change_one` changes an example in place."""
    def change(problem):
        examples = [copy.copy(example) for example in problem.examples]
        for example in examples:
            change_one(example)
        return dataclasses.replace(problem, examples=examples)
    return change


def unshifted(example):
    example.spans = [[start - 1, end - 1] for start, end in example.spans]


def late_images(example):
    example.positions = [min(place + 1, len(example.ids)) for place in example.positions]


def unordered(example):
    example.order = sorted(example.order)


def rounded(example):
    example.images = [image.to(torch.bfloat16).float() for image in example.images]


def reversed_channels(example):
    example.images = [image.flip(-1) for image in example.images]


def muon(**changes):
    """A Muon of its own."""
    def change(problem):
        return option(muon=dataclasses.replace(problem.case.muon, **changes))(problem)
    return change


def silent(part):
    """A trainer that forgets the gradient of what has `part` in its name."""
    return lambda problem: dataclasses.replace(problem, silent=part)


def rslora(value):
    def change(problem):
        adapter = dataclasses.replace(problem.case.adapter, rslora=value)
        return dataclasses.replace(problem, case=dataclasses.replace(
            problem.case, adapter=adapter))
    return change


def other_weight(part):
    def change(problem):
        start = {name: tensor * (1 + 1e-3 * (part in name))
                 for name, tensor in problem.initial().items()}
        return dataclasses.replace(problem, start=start)
    return change


# What is wrong, the case that it is tried on, and what makes the trainer so.
FAULTS = [
    ("no clipping", "full", option(clip=0.0)),
    ("clipping where none is asked", "full micro", option(clip=1.0)),
    ("the mean of means for the mean", "full", option(norm="micro")),
    ("the mean for the mean of means", "full micro", option(norm="token")),
    ("one rate for all", "full", option(projector_rate=None)),
    ("no weight decay", "full", option(decay=0.0)),
    ("another second moment", "stage 1", option(betas=(0.9, 0.99))),
    ("another epsilon", "full micro", option(epsilon=1e-8)),
    ("a line for a cosine", "stage 1", option(schedule="linear")),
    ("one step of warm-up more", "stage 1 linear", option(warmup_steps=4)),
    ("micro-batches not summed", "lora tied", option(accumulate=1)),
    ("cut one row late", "truncated", option(max_length=12)),
    ("alpha over the rank in rslora", "rslora", rslora(False)),
    ("alpha over the root in plain LoRA", "lora", rslora(True)),
    ("labels not shifted", "full", records(unshifted)),
    ("images one token late", "full", records(late_images)),
    ("images in the order of their numbers", "full", records(unordered)),
    ("features rounded to bf16", "stage 1", records(rounded)),
    ("one rate for tower and language model", "vision", option(vision_rate=None)),
    ("rows of a cut image not cut", "vision cut", option(max_length=10)),
    ("one wrong norm of the tower", "vision", other_weight("vision.encoder.layers.1.layer_norm1")),
    ("no gradient of the class embedding", "vision", silent("class_embedding")),
    ("no gradient of the positions", "vision alone", silent("position_embedding")),
    ("no gradient of a tower's bias", "vision", silent("layers.0.mlp.fc2.bias")),
    ("red for blue", "vision", records(reversed_channels)),
    ("Muon without Nesterov's momentum", "muon", muon(nesterov=False)),
    ("Muon with another coefficient", "muon", muon(ns_coefficients=(3.4445, -4.7750, 2.0135))),
    ("Muon's other adjustment", "muon", muon(adjust="match_rms_adamw")),
    ("Muon with another momentum", "muon adapter", muon(momentum=0.95)),
    ("AdamW's rate for Muon's", "muon vision", muon(rate=None)),
    ("AdamW for all", "muon vision", option(muon=None)),
    ("one wrong norm", "lora", other_weight("layers.1.input_layernorm"))]
