"""Trains the tiny LLaVA from nothing: tokenizer, image tower, then LLaVA's two stages.

SPDX-License-Identifier: Apache-2.0

    python examples/tiny-llava/train.py --work WORK
Needs torch 2.9 or newer, which has Muon, transformers, sentencepiece, Pillow and numpy. Each stage
is kept in the work folder and taken from there the next time.
"""
import argparse
import os
import random
import shutil
import time
from pathlib import Path

# Waiting threads must sleep: where other work shares the processors, spinning ones made training
# here four times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from transformers import (CLIPVisionConfig, LlamaConfig, LlavaConfig,
                          LlavaForConditionalGeneration)

import checkpoint
import common
import language
import scenes
import tokens
from tower import SHAPE as TOWER, train as train_tower

LANGUAGE = {"hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 4,
            "num_attention_heads": 6, "num_key_value_heads": 2, "vocab_size": tokens.ROWS,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-5}


class Features:
    """The tower's rows of every training picture and of its mirror image: the tower is frozen."""

    def __init__(self, tower, pictures, block=200):
        self.scenes = pictures.scenes + [scene.mirrored() for scene in pictures.scenes]
        count = len(pictures.scenes)
        self.rows = torch.empty(2 * count, 64, TOWER["hidden_size"], dtype=torch.bfloat16)
        for start in range(0, count, block):
            plain = pictures.bytes[start:start + block]
            for offset, seen in ((start, plain), (count + start, plain[:, :, ::-1])):
                with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                    states = tower(checkpoint.normalise(seen), output_hidden_states=True)
                self.rows[offset:offset + len(seen)] = states.hidden_states[-2][:, 1:]

    def batch(self, size, draw):
        chosen = draw.choices(range(len(self.scenes)), k=size)
        return [self.scenes[index] for index in chosen], self.rows[chosen].float()


def pretrain_language(model, tokenizer, steps, size=32):
    """Words before pictures: the language model learns the wording, without images."""
    draw = random.Random(3)

    def loss_of(_):
        drawn = [scenes.random_scene(draw, held_out=False) for _ in range(size)]
        samples = [branches_of(scene, tokenizer, draw) for scene in drawn]
        return language.loss(model, tokenizer.opening, samples)

    common.run("words", model.model.language_model.parameters(), steps, loss_of)


def stage_one(model, features, tokenizer, steps, size=64):
    """The projector alone, on captions in the plain template; all else is frozen."""
    draw, projector = random.Random(4), model.model.multi_modal_projector
    model.requires_grad_(False)
    projector.requires_grad_(True)

    def loss_of(_):
        chosen, rows = features.batch(size, draw)
        samples = [[tokenizer.plain(scene.caption)] for scene in chosen]
        return language.loss(model, [tokens.BOS], samples, projector(rows))

    common.run("stage 1", projector.parameters(), steps, loss_of)


def branches_of(scene, tokenizer, draw, count=5):
    """The caption and five more questions, each alone; or, one time in four, a conversation."""
    asked = scenes.questions(scene, draw)
    turns = [turn[1:] for turn in asked[:1] + draw.sample(asked[1:], count)]
    if draw.random() < .25:
        draw.shuffle(turns)
        return [tokenizer.dialogue(turns[:3]), tokenizer.dialogue(turns[3:])]
    return [tokenizer.dialogue([turn]) for turn in turns]


def stage_two(model, features, tokenizer, steps, size=32):
    """Projector and language model, on questions and conversations; the tower stays frozen."""
    draw = random.Random(5)
    model.requires_grad_(True)
    model.model.vision_tower.requires_grad_(False)

    def loss_of(_):
        chosen, rows = features.batch(size, draw)
        samples = [branches_of(scene, tokenizer, draw) for scene in chosen]
        return language.loss(model, tokenizer.opening, samples,
                             model.model.multi_modal_projector(rows))

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    common.run("stage 2", trained, steps, loss_of)


def empty_model():
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**TOWER), text_config=LlamaConfig(**LANGUAGE),
        image_token_index=tokens.IMAGE, image_seq_length=64)
    return LlavaForConditionalGeneration._from_config(config)


def kept(path, module, make):
    """Loads a stage's result, or makes and keeps it."""
    if path.exists():
        module.load_state_dict(torch.load(path))
    else:
        make()
        torch.save(module.state_dict(), path)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--output", type=Path, default=Path(__file__).parent)
    options.add_argument("--work", type=Path, required=True, help="folder for finished stages")
    options.add_argument("--scenes", type=int, default=24000)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--steps", type=int, nargs=4, default=[700, 100, 100, 1500],
                         metavar="N", help="steps of tower, words, stage 1 and stage 2")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    given.work.mkdir(parents=True, exist_ok=True)
    tokenizer_file = given.work / "tokenizer.model"
    if not tokenizer_file.exists():
        tokens.train_tokenizer(tokenizer_file)
    tokenizer = tokens.Tokenizer(tokenizer_file)
    began = time.time()
    pictures = common.Pictures(given.scenes, given.threads)
    print(f"{given.scenes} scenes drawn in {time.time() - began:.0f} s", flush=True)
    model = empty_model()
    tower_steps, word_steps, first_steps, second_steps = given.steps
    tower = model.model.vision_tower

    def make_tower():
        tower.load_state_dict(train_tower(pictures, tokenizer, tower_steps).state_dict())

    kept(given.work / "tower.pt", tower, make_tower)
    kept(given.work / "words.pt", model, lambda: pretrain_language(model, tokenizer, word_steps))
    features = Features(tower, pictures)
    kept(given.work / "stage1.pt", model,
         lambda: stage_one(model, features, tokenizer, first_steps))
    kept(given.work / "stage2.pt", model,
         lambda: stage_two(model, features, tokenizer, second_steps))
    given.output.mkdir(parents=True, exist_ok=True)
    shutil.copy(tokenizer_file, given.output)
    tokens.write_tokenizer_files(given.output)
    tokens.write_tokenizer_json(given.output)
    checkpoint.write(model, given.output)
    print(f"written to {given.output.name}, {time.time() - began:.0f} s in all")


if __name__ == "__main__":
    main()
