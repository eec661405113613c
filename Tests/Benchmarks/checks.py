"""Holds our results against PyTorch's on the same weights before anything is timed.

SPDX-License-Identifier: Apache-2.0
"""
import json
import sys

import torch

import job_rows
import models
import streams
import torch_peer

COSINE = 0.999
AGREED = 0.9  # share of positions where both expect the same next token; the rest lies by a hair
WORDS = 48


def pixels_to_features(pixels, model):
    """`pixels` [1, side, side, 3] bytes, through PyTorch's tower."""
    mean, deviation = torch.tensor(models.random_llava.MEAN), torch.tensor(models.random_llava.STD)
    scaled = (pixels.float() / 255 - mean) / deviation
    tower = torch_peer.vision_tower(model, torch.bfloat16)
    states = tower(scaled.permute(0, 3, 1, 2).to(torch.bfloat16)).last_hidden_state
    return states[0, 1:].float()


def least_cosine(ours, theirs):
    """The least cosine of two rows; -1 where a number is not finite, which `min` would let pass."""
    if not (ours.isfinite().all() and theirs.isfinite().all()):
        return -1.0
    return torch.cosine_similarity(ours.float(), theirs.float(), -1).min().item()


def check(setting, ceiling="native"):
    """Exits when features, logits or greedy tokens differ: figures would mean nothing."""
    model = setting.store.llava(models.SHALLOW)
    torch.set_num_threads(setting.threads)
    picture = job_rows.paths(setting, 1)

    def tensor(line, data, name):
        _, output = job_rows.shell(setting, line, data, ceiling)
        return next(tensors[name] for _, tensors in streams.records(output))

    record = json.loads(job_rows.text_prompt())
    record["prompt"]["tokens"] = [1] + [260 + number * 7 % 140 for number in range(WORDS - 1)]
    with torch.inference_mode():
        pixels = tensor(f"clip-encode -m {model} --emit pixels", picture, "pixels")
        features = tensor(f"clip-encode -m {model}", picture, "features")
        encoded = least_cosine(features, pixels_to_features(pixels, model))
        logits = tensor(f"vicuna-decode -m {model} --emit logits",
                        json.dumps(record).encode() + b"\n", "logits")
        language = torch_peer.language_model(model, torch.bfloat16)
        expected = language(input_ids=torch.tensor([record["prompt"]["tokens"]])).logits[0]
    read = least_cosine(logits, expected)
    agreed = (logits.argmax(-1) == expected.argmax(-1)).float().mean().item()
    print(f"checked beside PyTorch ({ceiling}): cosine of features {encoded:.5f}, of logits "
          f"{read:.5f}, the same next token at {agreed:.0%} of {WORDS} positions",
          file=sys.stderr, flush=True)
    if min(encoded, read) < COSINE or agreed < AGREED:
        sys.exit("bench: our results are not PyTorch's: nothing is timed")
