"""Scores the tiny LLaVA on scenes it never saw, and makes the example pictures.

SPDX-License-Identifier: Apache-2.0

    python examples/tiny-llava/score.py                 prints the tables of README.md
    python examples/tiny-llava/score.py --examples      writes examples/images and expected-*
"""
import argparse
import io
import json
import random
from collections import defaultdict
from pathlib import Path

import numpy
import torch
from PIL import Image
from transformers import LlavaForConditionalGeneration

import checkpoint
import scenes
import tokens

HERE = Path(__file__).resolve().parent
KINDS = ["colour", "shape", "relation", "yes or no", "caption"]
# Far from the seeds of the training scenes.
FIRST_SEED, FIRST_EXAMPLE = 10_000_000, 20_000_000
LONGEST = 16
# Width, height, JPEG quality, progressive.
EXAMPLES = [(224, 224, 90, False), (256, 256, 90, True), (320, 240, 90, False),
            (224, 288, 85, True), (300, 300, 92, False), (240, 240, 75, False)]


class Model:
    """The committed BF16 weights; `dtype` is what PyTorch computes in."""

    def __init__(self, folder, dtype):
        self.model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=dtype).eval()
        self.tokenizer = tokens.Tokenizer(folder / "tokenizer.model")
        self.side = self.model.config.vision_config.image_size
        self.dtype = dtype

    def embeddings(self, pictures):
        """Projected rows of pictures given as bytes [n, side, side, 3]."""
        pixels = checkpoint.normalise(pictures).to(self.dtype)
        states = self.model.model.vision_tower(pixels, output_hidden_states=True).hidden_states
        return self.model.model.multi_modal_projector(states[-2][:, 1:])

    def answer(self, images, questions):
        """Greedy answers, all questions of one length in one batch."""
        groups, answers = defaultdict(list), [None] * len(questions)
        for index, question in enumerate(questions):
            groups[len(self.tokenizer.question(question))].append(index)
        for members in groups.values():
            ids = torch.tensor([self.tokenizer.question(questions[i]) for i in members])
            for index, found in zip(members, self.continuations(images[members], ids)):
                ended = found.index(tokens.EOS) if tokens.EOS in found else len(found)
                answers[index] = self.tokenizer.decode(found[:ended]).strip()
        return answers

    def continuations(self, images, ids):
        table, past, found = self.model.get_input_embeddings(), None, []
        front = table(torch.tensor(self.tokenizer.opening)).expand(len(ids), -1, -1)
        inputs = torch.cat([front, images, table(ids)], 1)
        for _ in range(LONGEST):
            out = self.model(inputs_embeds=inputs, past_key_values=past, use_cache=True)
            past = out.past_key_values
            found.append(out.logits[:, -1].argmax(-1))
            inputs = table(found[-1])[:, None]
        return torch.stack(found, 1).tolist()


def score(model, count, held_out):
    """Share of right answers, letter by letter, of one question of each kind for each scene."""
    drawn = [scenes.sample(FIRST_SEED + i, model.side, held_out) for i in range(count)]
    images = model.embeddings(numpy.stack([picture for _, picture, _ in drawn]))
    draw, right = random.Random(6), {}
    for kind in KINDS:
        members, asked, expected = [], [], []
        for index, (scene, _, _) in enumerate(drawn):
            fitting = [turn for turn in scenes.questions(scene, draw) if turn[0] == kind]
            if fitting:
                _, question, answer = draw.choice(fitting)
                members.append(index)
                asked.append(question)
                expected.append(answer)
        given = model.answer(images[members], asked)
        right[kind] = (sum(a == b for a, b in zip(given, expected)), len(asked))
    return right


def print_scores(folder, count):
    print("| scenes | computed in |", " | ".join(KINDS), "|")
    print("|---|---|" + "---|" * len(KINDS))
    for name, held_out, number in (("combinations seen in training", False, count),
                                   ("combinations held out", True, count)):
        for dtype in (torch.bfloat16, torch.float32):
            right = score(Model(folder, dtype), number, held_out)
            cells = [f"{100 * good / total:.1f}% of {total}" for good, total in right.values()]
            print(f"| {name} | {str(dtype).removeprefix('torch.')} |", " | ".join(cells), "|",
                  flush=True)


def make_examples(folder, target):
    """Pictures whose every question both precisions answer rightly, and those answers."""
    exact, short = Model(folder, torch.float32), Model(folder, torch.bfloat16)
    target.mkdir(parents=True, exist_ok=True)
    captions, answers, relations = [], [], []
    seed = FIRST_EXAMPLE
    for number, (width, height, quality, progressive) in enumerate(EXAMPLES, 1):
        while True:
            seed += 1
            draw = random.Random(seed)
            # The first and the fourth show combinations that training never saw.
            scene = scenes.random_scene(draw, held_out=number in (1, 4))
            file = scenes.jpeg(scenes.render(scene, draw, width, height), quality, progressive)
            asked = scenes.questions(scene, draw)
            seen = scenes.preprocess(Image.open(io.BytesIO(file)), exact.side)[None]
            wanted = [answer for _, _, answer in asked]
            given = [model.answer(model.embeddings(seen).expand(len(asked), -1, -1),
                                  [question for _, question, _ in asked])
                     for model in (exact, short)]
            if relations.count(scene.relation) < 2 and given == [wanted, wanted]:
                break
        relations.append(scene.relation)
        name = f"scene{number}.jpg"
        (target / name).write_bytes(file)
        captions.append(f"{name}\t{scene.caption}\n")
        answers += [json.dumps({"image": name, "question": question, "answer": answer}) + "\n"
                    for _, question, answer in asked]
    (folder / "expected-captions.txt").write_text("".join(captions))
    (folder / "expected-answers.jsonl").write_text("".join(answers))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--model", type=Path, default=HERE)
    options.add_argument("--count", type=int, default=500, help="scenes in each row (500)")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--examples", action="store_true")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    with torch.no_grad():
        if given.examples:
            make_examples(given.model, HERE.parent / "images")
        else:
            print_scores(given.model, given.count)


if __name__ == "__main__":
    main()
