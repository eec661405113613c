"""Trains the tiny LLaVA from nothing: tokenizer, image tower, then LLaVA's two stages.

SPDX-License-Identifier: Apache-2.0

    python examples/tiny-llava/train.py --work WORK
Needs torch, transformers, sentencepiece, Pillow and numpy. Each stage is kept in the work folder
and taken from there the next time.
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
from torch import nn
from torch.nn import functional
from transformers import (CLIPVisionConfig, DynamicCache, LlamaConfig, LlavaConfig,
                          LlavaForConditionalGeneration)

import checkpoint
import common
import scenes
import tokens
from tower import SHAPE as TOWER, train as train_tower

IGNORE = -100
LANGUAGE = {"hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 4,
            "num_attention_heads": 6, "num_key_value_heads": 2, "vocab_size": tokens.ROWS,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-5}


def language_loss(model, tokenizer, opening, samples, features=None):
    """Mean loss over the marked ids of a batch of (ids, marks), behind the image's features."""
    table = model.get_input_embeddings()
    ids = nn.utils.rnn.pad_sequence([torch.tensor(i) for i, _ in samples], True, tokens.PAD)
    labels = nn.utils.rnn.pad_sequence(
        [torch.tensor([i if mark else IGNORE for i, mark in zip(*s)]) for s in samples],
        True, IGNORE)
    # The opening is the same in every sample: it is computed once and shared as keys and values.
    past = DynamicCache()
    first = model.model.language_model(inputs_embeds=table(torch.tensor([opening])),
                                       past_key_values=past, use_cache=True).last_hidden_state
    past.batch_repeat_interleave(len(samples))
    inputs = table(ids) if features is None else torch.cat([features, table(ids)], 1)
    # Padding stands at the end and no loss looks at it, so the causal mask is enough.
    states = model.model.language_model(inputs_embeds=inputs, past_key_values=past,
                                        use_cache=True).last_hidden_state
    states = torch.cat([first[:, -1:].expand(len(samples), -1, -1), states], 1)
    states = states[:, -ids.shape[1] - 1:-1]
    kept = labels != IGNORE
    return functional.cross_entropy(model.lm_head(states[kept]), labels[kept])


def features_of(tower, pixels):
    with torch.no_grad():
        return tower(pixels, output_hidden_states=True).hidden_states[-2][:, 1:]


def pretrain_language(model, tokenizer, steps, size=32):
    """Words before pictures: the language model learns the wording, without images."""
    draw = random.Random(3)

    def loss_of(_):
        samples = []
        for _ in range(size):
            scene = scenes.random_scene(draw, held_out=False)
            asked = scenes.questions(scene, draw)
            samples.append(tokenizer.dialogue([turn[1:] for turn in draw.sample(asked, 3)]))
        return language_loss(model, tokenizer, tokenizer.opening, samples)

    common.run("words", model.model.language_model.parameters(), steps, 2e-3, loss_of)


def stage_one(model, pictures, tokenizer, steps, size=64):
    """The projector alone, on captions in the plain template; all else is frozen."""
    draw, tower = random.Random(4), model.model.vision_tower
    model.requires_grad_(False)
    model.model.multi_modal_projector.requires_grad_(True)

    def loss_of(_):
        chosen, pixels, _ = pictures.batch(size, draw)
        images = model.model.multi_modal_projector(features_of(tower, pixels))
        samples = [tokenizer.plain(scene.caption) for scene in chosen]
        return language_loss(model, tokenizer, [tokens.BOS], samples, images)

    common.run("stage 1", model.model.multi_modal_projector.parameters(), steps, 2e-3, loss_of)


def dialogue_of(scene, draw, rounds=3):
    """A few questions and answers about a scene, most often with the caption among them."""
    asked = scenes.questions(scene, draw)
    turns = draw.sample(asked[1:], rounds)
    if draw.random() < .6:
        turns[0 if draw.random() < .7 else -1] = asked[0]
    return [turn[1:] for turn in turns]


def stage_two(model, pictures, tokenizer, steps, size=32):
    """Projector and language model, on dialogues of a few rounds; the tower stays frozen."""
    draw, tower = random.Random(5), model.model.vision_tower
    model.requires_grad_(True)
    tower.requires_grad_(False)

    def loss_of(_):
        chosen, pixels, _ = pictures.batch(size, draw)
        images = model.model.multi_modal_projector(features_of(tower, pixels))
        samples = [tokenizer.dialogue(dialogue_of(scene, draw)) for scene in chosen]
        return language_loss(model, tokenizer, tokenizer.opening, samples, images)

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    common.run("stage 2", trained, steps, 1.5e-3, loss_of)


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
    options.add_argument("--steps", type=int, nargs=4, default=[600, 100, 100, 800],
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
    kept(given.work / "stage1.pt", model,
         lambda: stage_one(model, pictures, tokenizer, first_steps))
    kept(given.work / "stage2.pt", model,
         lambda: stage_two(model, pictures, tokenizer, second_steps))
    given.output.mkdir(parents=True, exist_ok=True)
    shutil.copy(tokenizer_file, given.output)
    tokens.write_tokenizer_files(given.output)
    tokens.write_tokenizer_json(given.output)
    checkpoint.write(model, given.output)
    print(f"written to {given.output.name}, {time.time() - began:.0f} s in all")


if __name__ == "__main__":
    main()
