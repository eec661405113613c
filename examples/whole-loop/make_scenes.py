"""Draws the scenes of the whole loop, and writes what a text-only teacher is told of them.

SPDX-License-Identifier: Apache-2.0

    python examples/whole-loop/make_scenes.py     # needs numpy and Pillow

Combinations of `unseen` never occur in the tiny model's own training (`held_out` in scenes.py).
"""
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tiny-llava"))
import scenes  # noqa: E402

SIDE = 128


def captions(scene):
    """Five sentences about a scene, as five people would write them."""
    large, small = scene.large, scene.small
    return [scene.caption,
            f"there are two shapes, {scenes.article(small)} and {scenes.article(large)}",
            f"the {small} is smaller than the {large}",
            f"{scenes.article(large)} with a little {small} {opposite(scene)} it",
            "two shapes on a light background"]


def opposite(scene):
    return scenes.RELATIONS[scene.relation]


def record(name, seed, held_out):
    draw = random.Random(seed)
    scene, masks = scenes.random_scene(draw, held_out), []
    picture = scenes.render(scene, draw, SIDE, SIDE, masks)
    (HERE / "scenes" / f"{name}.jpg").write_bytes(scenes.jpeg(picture, 80))
    boxes = [mask.point(lambda value: 255 * (value > 127)).getbbox() for mask in masks]
    return {"id": name, "image": f"{name}.jpg", "captions": captions(scene),
            "instances": [{"category": str(thing), "bbox": [round(edge / SIDE, 3) for edge in box]}
                          for thing, box in zip((scene.large, scene.small), boxes)]}


def write(file, names, seed, held_out):
    lines = [json.dumps(record(name, seed + number, held_out)) for number, name in enumerate(names)]
    (HERE / file).write_text("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    (HERE / "scenes").mkdir(exist_ok=True)
    write("seen.jsonl", [f"seen{number:02}" for number in range(24)], 1000, False)
    write("unseen.jsonl", [f"unseen{number:02}" for number in range(8)], 2000, True)
