"""Scores the tiny LLaVA with PyTorch on scenes it never saw, and makes the example pictures.

SPDX-License-Identifier: Apache-2.0

    python examples/tiny-llava/score.py                 prints a table as score_tools.py does
    python examples/tiny-llava/score.py --examples      writes examples/images and expected-*
"""
import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

import numpy
import torch
from transformers import LlavaForConditionalGeneration

import checkpoint
import exam
import scenes
import tokens

HERE = Path(__file__).resolve().parent
# Far from the seeds of the training scenes.
FIRST_EXAMPLE = 20_000_000
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
    """Right answers, letter by letter, and questions, of each kind."""
    files, asked = exam.questions(count, held_out)
    seen = [scenes.seen_by_tower(file, model.side) for file in files]
    images = model.embeddings(numpy.stack(seen))
    right = {}
    for kind, questions in asked.items():
        members, texts, expected = zip(*questions)
        given = model.answer(images[list(members)], texts)
        right[kind] = (sum(a == b for a, b in zip(given, expected)), len(texts))
    return right


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
            seen = scenes.seen_by_tower(file, exact.side)[None]
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
            exam.print_table(given.count, {
                name: lambda count, held_out, dtype=dtype:
                    score(Model(given.model, dtype), count, held_out)
                for name, dtype in (("PyTorch, bfloat16", torch.bfloat16),
                                    ("PyTorch, float32", torch.float32))})


if __name__ == "__main__":
    main()
