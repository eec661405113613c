"""Draws the scenes that the tiny LLaVA learns from, and writes what is said of them as LLaVA's records.

SPDX-License-Identifier: Apache-2.0

    python examples/tiny-llava/draw.py --output WORK     # needs numpy and Pillow
Writes pictures/*.jpg, and records as LLaVA's own JSON has them: words.jsonl (no pictures),
captions.jsonl (stage 1), chat.jsonl (stage 2), heldout.jsonl (pictures that no stage sees).
"""
import argparse
import json
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import scenes

# Each kind of record has seeds of its own; those of exam.py and score.py are further up.
WORDS, CHAT, PRACTICE, HELD_OUT = 5_000_000, 1_000_000, 2_000_000, 3_000_000
# What the things of a picture have in common. To tell them apart by colour alone is learnt last, and
# chance shows two of one shape in one picture of five. In such pictures nobody asks for the colour of a
# shape, so that practice always does where it can.
LESSONS = (("shape",), ("colour", "nothing"))
EXERCISES = (("shape",), ("colour",), ("nothing",))
CHANCE = (scenes.ALIKE,)
BLOCK = 250


def conversation(turns):
    said = zip(("human", "gpt") * len(turns), (text for turn in turns for text in turn))
    return [{"from": who, "value": text} for who, text in said]


def with_image(turns):
    (question, answer), *rest = turns
    return conversation([(f"<image>\n{question}", answer), *rest])


def rounds(scene, draw, count=5, first=()):
    """The caption and five more questions, each alone; or, one time in four, two conversations.
    Questions of the kinds `first` are among them."""
    caption, *rest = scenes.questions(scene, draw)
    chosen = [turn for turn in rest if turn[0] in first]
    chosen += draw.sample([turn for turn in rest if turn[0] not in first], count - len(chosen))
    turns = [turn[1:] for turn in (caption, *chosen)]
    if draw.random() < .25:
        draw.shuffle(turns)
        return [turns[:3], turns[3:]]
    return [[turn] for turn in turns]


def draw_block(folder, name, seeds, held_out, kinds, first):
    """Draws pictures and returns (name, scene, records' conversations) of each; what their things
    have in common is one of `kinds` after the other, and questions of the kinds `first` are asked."""
    drawn = []
    for seed in seeds:
        scene, file, draw = scenes.photograph(seed, held_out, alike=kinds[seed % len(kinds)])
        path = f"{name}{seed % 1_000_000:06}.jpg"
        (folder / path).write_bytes(file)
        drawn.append((path, scene.caption, rounds(scene, draw, first=first)))
    return drawn


def draw_all(pool, folder, name, seed, count, held_out=False, kinds=CHANCE, first=()):
    starts = range(seed, seed + count, BLOCK)
    blocks = [range(start, min(start + BLOCK, seed + count)) for start in starts]
    made = pool.map(draw_block, [folder] * len(blocks), [name] * len(blocks), blocks,
                    [held_out] * len(blocks), [kinds] * len(blocks), [first] * len(blocks))
    return [one for block in made for one in block]


def words(count):
    """Conversations about scenes that nobody draws: the wording alone."""
    for number in range(count):
        draw = random.Random(WORDS + number)
        for turns in rounds(scenes.random_scene(draw, held_out=False), draw):
            yield {"id": f"words{number:06}", "conversations": conversation(turns)}


def captions(drawn):
    for path, caption, _ in drawn:
        yield {"id": path, "image": path,
               "conversations": with_image([(scenes.DESCRIBE, caption)])}


def chat(drawn):
    for path, _, records in drawn:
        for number, turns in enumerate(records, 1):
            yield {"id": f"{path}/{number}", "image": path, "conversations": with_image(turns)}


def write(path, records):
    with open(path, "w") as file:
        for record in records:
            file.write(json.dumps(record) + "\n")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--output", type=Path, required=True)
    options.add_argument("--scenes", type=int, default=72000, help="pictures of stage 2 (72000)")
    options.add_argument("--practice", type=int, default=20000, help="pictures of stage 3 (20000)")
    options.add_argument("--captions", type=int, default=6400, help="pictures of stage 1 (6400)")
    options.add_argument("--words", type=int, default=3200, help="scenes in words alone (3200)")
    options.add_argument("--held-out", type=int, default=200, help="pictures to watch by (200)")
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    folder = given.output / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(given.workers) as pool:
        seen = draw_all(pool, folder, "scene", CHAT, max(given.scenes, given.captions),
                        kinds=LESSONS)
        practice = draw_all(pool, folder, "practice", PRACTICE, given.practice, kinds=EXERCISES,
                            first=("colour",))
        unseen = draw_all(pool, folder, "heldout", HELD_OUT, given.held_out, held_out=True)
    write(given.output / "words.jsonl", words(given.words))
    write(given.output / "captions.jsonl", captions(seen[:given.captions]))
    write(given.output / "chat.jsonl", chat(seen[:given.scenes]))
    write(given.output / "practice.jsonl", chat(practice))
    write(given.output / "heldout.jsonl", chat(unseen))


if __name__ == "__main__":
    main()
