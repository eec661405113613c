"""Scores the tiny LLaVA with the tools themselves on scenes that it never saw.

SPDX-License-Identifier: Apache-2.0

    PATH=$PWD/.build/release:$PATH python examples/tiny-llava/score_tools.py
Needs Pillow and numpy. Prints the table of README.md; an answer counts if every letter is right.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import exam

PIPE = ("convo-format | clip-encode --precision $PRECISION | llava-project --precision $PRECISION"
        " | vicuna-decode --precision $PRECISION --batch 16")


def answers(model, precision, records):
    """What the pipe of the tools answers to `records`, in their order."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", PIPE], text=True, stdout=subprocess.PIPE,
        input="".join(json.dumps(record) + "\n" for record in records),
        env={**os.environ, "LLAVA_MODEL": str(model), "PRECISION": precision})
    if done.returncode:
        sys.exit(f"score_tools: the pipe ended with status {done.returncode}")
    return [json.loads(line)["text"].strip() for line in done.stdout.splitlines()]


def score(model, precision, count, held_out):
    """Right answers, and questions, of each kind."""
    files, asked = exam.questions(count, held_out)
    kinds = [kind for kind, questions in asked.items() for _ in questions]
    flat = [question for questions in asked.values() for question in questions]
    right = {kind: [0, len(questions)] for kind, questions in asked.items()}
    with tempfile.TemporaryDirectory() as folder:
        for index, file in enumerate(files):
            (Path(folder) / f"{index}.jpg").write_bytes(file)
        records = [{"id": str(number), "image": f"{folder}/{index}.jpg", "text": question}
                   for number, (index, question, _) in enumerate(flat)]
        found = answers(model, precision, records)
    assert len(found) == len(flat), f"{len(found)} answers to {len(flat)} questions"
    for kind, said, (_, _, answer) in zip(kinds, found, flat):
        right[kind][0] += said == answer
    return right


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--model", type=Path, default=Path(__file__).resolve().parent)
    options.add_argument("--count", type=int, default=500, help="scenes in each row (500)")
    given = options.parse_args()
    exam.print_table(given.count, {
        precision: lambda count, held_out, precision=precision:
            score(given.model, precision, count, held_out)
        for precision in ("bf16", "f32")})


if __name__ == "__main__":
    main()
