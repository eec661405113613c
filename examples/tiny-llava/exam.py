"""The questions that a tiny LLaVA is scored by: one of each kind about scenes it never saw.

SPDX-License-Identifier: Apache-2.0
"""
import random

import scenes

KINDS = ["colour", "shape", "relation", "yes or no", "caption"]
# Far from the seeds of the training scenes.
FIRST_SEED = 10_000_000


def questions(count, held_out):
    """The JPEG files of `count` scenes, and of each kind (index of the file, question, answer)."""
    drawn = [scenes.photograph(FIRST_SEED + index, held_out) for index in range(count)]
    draw, asked = random.Random(6), {}
    for kind in KINDS:
        asked[kind] = []
        for index, (scene, _, _) in enumerate(drawn):
            fitting = [turn for turn in scenes.questions(scene, draw) if turn[0] == kind]
            if fitting:
                _, question, answer = draw.choice(fitting)
                asked[kind].append((index, question, answer))
    return [file for _, file, _ in drawn], asked


def print_table(count, scorers):
    """Scores by kind: `scorers` by the name of what computes, each called with (count, held_out)."""
    print("| scenes | computed by |", " | ".join(KINDS), "|")
    print("|---|---|" + "---|" * len(KINDS))
    for name, held_out in (("combinations seen in training", False),
                           ("combinations held out", True)):
        for computed, score in scorers.items():
            right = score(count, held_out)
            cells = [f"{100 * good / total:.1f}% of {total}" for good, total in right.values()]
            print(f"| {name} | {computed} |", " | ".join(cells), "|", flush=True)
