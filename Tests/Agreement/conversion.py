"""Converts a random LLaVA in its authors' layout and holds the result against transformers.

SPDX-License-Identifier: Apache-2.0

The model is written as torch's .bin under LLaVA's own names, with no tower; the tower lies beside it
as a CLIP. transformers loads what `llava-weights convert` makes of both, and must compute the same
logits as it does with the weights put in their places here by LLaVA's names.
"""
import json
import re
import subprocess
import sys

import torch
from PIL import Image
from transformers import AutoProcessor, LlavaForConditionalGeneration

import random_llava

# What a name in llava-hf's layout begins with, and what LLaVA's code and CLIP call it.
ORIGINAL = [(r"^language_model\.model\.", "model."), (r"^language_model\.lm_head", "lm_head"),
            (r"^multi_modal_projector\.linear_1", "model.mm_projector.0"),
            (r"^multi_modal_projector\.linear_2", "model.mm_projector.2"),
            (r"^vision_tower\.", "")]
# Where transformers 5 keeps what has LLaVA's names.
IN_MEMORY = [(r"^vision_model\.", "model.vision_tower."),
             (r"^model\.mm_projector\.0", "model.multi_modal_projector.linear_1"),
             (r"^model\.mm_projector\.2", "model.multi_modal_projector.linear_2"),
             (r"^model\.(embed_tokens|layers|norm)", r"model.language_model.\1")]
BOUND = 1e-4
PROMPT = "USER: <image>\nWhat is this? ASSISTANT:"


def renamed(name, table):
    for pattern, replacement in table:
        found, count = re.subn(pattern, replacement, name)
        if count:
            return found
    return name


def write_original(folder, shape, seed=21):
    """Returns all tensors by LLaVA's and CLIP's names."""
    vision, language = random_llava.SHAPES[shape]
    rows = random_llava.PIECES
    tensors = random_llava.make_tensors(vision, language, torch.Generator().manual_seed(seed))
    named = {renamed(name, ORIGINAL): tensor for name, tensor in tensors.items()}
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        named[name] = named[name][:rows].clone()
    tower = {name: tensor for name, tensor in named.items() if name.startswith("vision_model.")}
    model = {name: tensor for name, tensor in named.items() if name not in tower}
    for name in ("clip", "llava"):
        (folder / name).mkdir(parents=True)
    torch.save(tower, folder / "clip" / "pytorch_model.bin")
    random_llava.write_json(folder / "clip" / "config.json", {
        "model_type": "clip_vision_model", "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5,
        **vision})
    torch.save(model, folder / "llava" / "pytorch_model.bin")
    random_llava.make_tokenizer(folder / "llava")
    (folder / "llava" / "added_tokens.json").unlink()
    path = folder / "llava" / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    settings["pad_token"] = "<unk>"
    for number in (rows, rows + 1):
        del settings["added_tokens_decoder"][str(number)]
    random_llava.write_json(path, settings)
    random_llava.write_json(folder / "llava" / "config.json", {
        "architectures": ["LlavaLlamaForCausalLM"], "model_type": "llava_llama",
        "rms_norm_eps": 1e-5, "bos_token_id": 1, "eos_token_id": 2,
        "max_position_embeddings": 4096, **language, "vocab_size": rows,
        "mm_vision_tower": "../clip", "mm_hidden_size": vision["hidden_size"],
        "mm_projector_type": "mlp2x_gelu", "mm_vision_select_layer": -2,
        "mm_vision_select_feature": "patch", "mm_use_im_start_end": False,
        "mm_use_im_patch_token": False, "image_aspect_ratio": "square"})
    return named


def run(tools, *arguments):
    done = subprocess.run([str(tools / "llava-weights"), *map(str, arguments)])
    if done.returncode:
        sys.exit(f"llava-weights ended with status {done.returncode}: {arguments}")


def logits(model, processor, picture):
    inputs = processor(images=picture, text=PROMPT, return_tensors="pt")
    return model(**inputs).logits[0]


def check(table, tools, folder, shape, picture):
    """Adds a row for each thing that must hold."""
    named = write_original(folder, shape)
    result = folder / "converted"
    run(tools, "convert", folder / "llava", "--vision", folder / "clip", "-o", result)
    converted, report = LlavaForConditionalGeneration.from_pretrained(
        result, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    wrong = sum(len(report[key]) for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    table.row("convert: keys", "-", "all in place", f"{wrong} wrong", wrong == 0)

    reference = LlavaForConditionalGeneration(converted.config).float().eval()
    state, rows = reference.state_dict(), random_llava.PIECES
    places = {name: renamed(name, IN_MEMORY) for name in named}
    for name, tensor in named.items():
        # The rows beyond are new tokens': none of them is in the prompt but the image's place.
        state[places[name]][:tensor.shape[0]] = tensor.float()
    complete = set(places.values()) == set(state)
    table.row("convert: names", "-", "all known", f"{len(places)} of {len(state)}", complete)
    processor = AutoProcessor.from_pretrained(result)
    picture = Image.open(picture)
    ours = logits(converted.eval(), processor, picture)[:, :rows]
    theirs = logits(reference, processor, picture)[:, :rows]
    error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    table.row("convert: logits", "f32", f"relative error {BOUND:g}", f"{error:.2e}",
              error <= BOUND)

    run(tools, "convert", result, "--layout", "llava", "-o", folder / "back")
    run(tools, "verify", "--part", "language", "--part", "projector", folder / "llava",
        folder / "back")
    run(tools, "verify", "--part", "vision", folder / "clip", folder / "back")
    table.row("convert: there and back", "-", "equal", "equal", True)
    return result
