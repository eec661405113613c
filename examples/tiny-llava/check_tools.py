"""Captions scenes that training never drew with the tools themselves, and counts the right ones.

SPDX-License-Identifier: Apache-2.0

    PATH=$PWD/.build/release:$PATH python examples/tiny-llava/check_tools.py --count 2000
Needs Pillow and numpy. A caption counts if every letter is right.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import scenes

HERE = Path(__file__).resolve().parent
FIRST_SEED = 30_000_000  # far from those of draw.py and score.py
PIPE = ("convo-format --ask \"$QUESTION\" | clip-encode | llava-project"
        " | vicuna-decode --batch 16")


def draw(folder, count):
    """The captions of `count` scenes, whose pictures are written into `folder` in their order."""
    captions = []
    for index in range(count):
        chance = random.Random(FIRST_SEED + index)
        scene = scenes.random_scene(chance)
        edge = chance.choice([160, 192, 224, 256])
        file = scenes.jpeg(scenes.render(scene, chance, edge, edge), chance.randint(75, 95))
        (folder / f"{index:06}.jpg").write_bytes(file)
        captions.append(scene.caption)
    return captions


def answers(folder, count):
    """What the pipe of the tools says of the pictures, in bf16."""
    paths = "".join(f"{folder / f'{index:06}.jpg'}\n" for index in range(count))
    done = subprocess.run(["bash", "-o", "pipefail", "-c", PIPE], input=paths, text=True,
                          stdout=subprocess.PIPE,
                          env={**os.environ, "LLAVA_MODEL": str(HERE),
                               "QUESTION": scenes.DESCRIBE})
    if done.returncode:
        sys.exit(f"check_tools: the pipe ended with status {done.returncode}")
    return [json.loads(line)["text"] for line in done.stdout.splitlines()]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=2000, help="scenes (2000)")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        captions = draw(Path(folder), given.count)
        found = answers(Path(folder), given.count)
    assert len(found) == len(captions), f"{len(found)} answers to {len(captions)} pictures"
    wrong = [(said, right) for said, right in zip(found, captions) if said.strip() != right]
    for said, right in wrong:
        print(f"said: {said!r}, right: {right!r}")
    print(f"{len(captions) - len(wrong)} of {len(captions)} captions right")


if __name__ == "__main__":
    main()
