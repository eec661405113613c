"""Draws the scenes of the ablations, and writes what is asked and said about them.

SPDX-License-Identifier: Apache-2.0

    python examples/ablations/draw.py --output WORK     # needs numpy and Pillow
Writes pictures/ID/image.jpg; problems.json, problems as ScienceQA has them, of the splits train,
test, and in words alone words-reasons and words-answer; and LLaVA's records: captions.jsonl;
conversation.jsonl, detail.jsonl and complex.jsonl, a line each for every picture to learn from;
more-1.jsonl and more-2.jsonl, conversations in place of the last two; words.jsonl, all three
kinds about scenes that are told in words. Combinations of `test` never occur in training.
"""
import argparse
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tiny-llava"))
import scenes  # noqa: E402

# Far from the seeds of all other scenes.
TRAIN, TEST, WORDS = 50_000_000, 51_000_000, 52_000_000
SIDE, QUALITY = 128, 80
# A smaller world than the tiny model's, so that a model of minutes learns half of what is asked.
COLOURS, SHAPES = list(scenes.COLOURS)[:3], scenes.SHAPES[:3]


def small_scene(draw, held_out):
    """A scene of these colours and shapes, inside or outside the held-out set."""
    while True:
        scene = scenes.random_scene(draw, held_out)
        if all(thing.colour in COLOURS and thing.shape in SHAPES
               for thing in (scene.large, scene.small)):
            return scene


def sides(scene):
    """(this, relation, other), seen from the large thing and from the small one."""
    return [(scene.large, scene.relation, scene.small),
            (scene.small, scenes.RELATIONS[scene.relation], scene.large)]


def question(scene, draw):
    """A question, its choices, the right one, and the look that tells it, from the asked thing's side.
    Choices always stand in the same order: to find a letter by what stands beside it takes a model
    of this size longer to learn than all the rest."""
    this, relation, other = draw.choice(sides(scene))
    told = f"the {this} is {relation} the {other}."
    if draw.random() < .5:
        choices = [f"{one} the {other}" for one in scenes.RELATIONS]
        return f"Where is the {this}?", choices, f"{relation} the {other}", told
    asked = [f"What shape is {relation} the {other}?"]
    if this.colour != other.colour:
        asked.append(f"What shape is {this.colour}?")
    return draw.choice(asked), SHAPES, this.shape, told


def problem(scene, draw, split, in_words=False):
    asked, choices, right, told = question(scene, draw)
    return {"question": asked, "choices": choices, "answer": choices.index(right),
            "hint": f"{scene.caption}." if in_words else "",
            "image": None if in_words else "image.jpg", "task": "closed choice",
            "grade": "grade1", "subject": "natural science", "topic": "scenes",
            "category": "scenes", "skill": "scenes", "lecture": "",
            "solution": told, "split": split}


def conversations(scene, draw):
    """Three conversations of two rounds, no question twice."""
    asked = [turn[1:] for turn in draw.sample(scenes.questions(scene, draw)[1:], 6)]
    return [asked[0:2], asked[2:4], asked[4:6]]


def detail(scene, draw):
    told = [f"the {this} is {relation} the {other}." for this, relation, other in sides(scene)]
    return [("Describe this image in detail.",
             f"{scenes.article(scene.large)} and {scenes.article(scene.small)}. {' '.join(told)}")]


def reasoning(scene, draw):
    """What a mirror does, which takes a look and a thought."""
    this, relation, other = draw.choice(sides(scene))
    turned = relation if relation in ("above", "below") else scenes.RELATIONS[relation]
    return [(f"Where is the {this} in a mirror?",
             f"it is {relation} the {other}, so {turned} the {other}.")]


def record(name, turns, opening, image):
    said = [{"from": who, "value": text}
            for turn in turns for who, text in zip(("human", "gpt"), turn)]
    said[0]["value"] = opening + said[0]["value"]
    return {"id": name, **({"image": image} if image else {}), "conversations": said}


def draw_picture(folder, name, seed, held_out):
    draw = random.Random(seed)
    scene = small_scene(draw, held_out)
    (folder / name).mkdir(parents=True, exist_ok=True)
    picture = scenes.jpeg(scenes.render(scene, draw, SIDE, SIDE), QUALITY)
    (folder / name / "image.jpg").write_bytes(picture)
    return scene, draw


def learn_from_pictures(folder, count, problems, records):
    for number in range(count):
        name = f"seen{number:05}"
        scene, draw = draw_picture(folder, name, TRAIN + number, held_out=False)
        problems[name] = problem(scene, draw, "train")
        first, second, third = conversations(scene, draw)
        for kind, turns in [("captions", [(scenes.DESCRIBE, scene.caption)]),
                            ("conversation", first), ("more-1", second), ("more-2", third),
                            ("detail", detail(scene, draw)),
                            ("complex", reasoning(scene, draw))]:
            records[kind].append(
                record(f"{name}-{kind}", turns, "<image>\n", f"{name}/image.jpg"))


def learn_from_words(count, problems, records):
    for number in range(count):
        draw = random.Random(WORDS + number)
        name, scene = f"words{number:05}", small_scene(draw, held_out=False)
        split = draw.choice(["words-reasons", "words-answer"])
        problems[name] = problem(scene, draw, split, in_words=True)
        for kind, turns in [("conversation", draw.choice(conversations(scene, draw))),
                            ("detail", detail(scene, draw)),
                            ("complex", reasoning(scene, draw))]:
            records["words"].append(record(f"{name}-{kind}", turns, f"{scene.caption}. ", None))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--output", type=Path, required=True)
    options.add_argument("--scenes", type=int, default=3200, help="pictures to learn from (3200)")
    options.add_argument("--exam", type=int, default=400, help="pictures of the exam (400)")
    options.add_argument("--words", type=int, default=4000, help="scenes in words alone (4000)")
    given = options.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    problems, pictures = {}, given.output / "pictures"
    kinds = ["captions", "conversation", "more-1", "more-2", "detail", "complex", "words"]
    records = {kind: [] for kind in kinds}
    learn_from_pictures(pictures, given.scenes, problems, records)
    learn_from_words(given.words, problems, records)
    for number in range(given.exam):
        name = f"unseen{number:05}"
        problems[name] = problem(*draw_picture(pictures, name, TEST + number, True), "test")
    for kind, lines in records.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (given.output / f"{kind}.jsonl").write_text(text)
    # Last, so that it is there when everything is.
    (given.output / "problems.json").write_text(json.dumps(problems, indent=1) + "\n")


if __name__ == "__main__":
    main()
