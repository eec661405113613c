"""One name for each tensor of a LLaVA, whichever layout spells it.

SPDX-License-Identifier: Apache-2.0

The names are those of the tools' own code: `vision.`, `projector.0.weight` (the index counts
activations, so the second linear layer is 2), `language.layers.0.self_attn.q_proj.weight`, and
`language.layers.0.self_attn.q_proj.lora_A.weight` for an adapter's.
"""
import re

# What a name may begin with, longest first where one begins another, and what stands for it here.
PREFIXES = [
    ("language_model.model.", "language."), ("language_model.lm_head.", "language.lm_head."),
    ("model.language_model.", "language."), ("multi_modal_projector.", "projector."),
    ("model.multi_modal_projector.", "projector."), ("model.mm_projector.", "projector."),
    ("mm_projector.", "projector."), ("lm_head.", "language.lm_head."),
    ("model.layers.", "language.layers."), ("model.embed_tokens.", "language.embed_tokens."),
    ("model.norm.", "language.norm."), ("vision_tower.vision_model.", "vision."),
    ("model.vision_tower.", "vision."), ("vision_model.", "vision."),
    ("language.", "language."), ("projector.", "projector."), ("vision.", "vision.")]
# transformers numbers the projector's layers; a linear one has no index in LLaVA's layout.
PROJECTOR = [(r"^projector\.linear_1\.", "projector.0."),
             (r"^projector\.linear_2\.", "projector.2."),
             (r"^projector\.(weight|bias)$", r"projector.0.\1")]
PEFT = re.compile(r"^base_model\.model\.|\.modules_to_save\b|\.base_layer\b|\.default\b")


def canonical(name):
    """The one name of a tensor; None where it is no part of a LLaVA."""
    name = PEFT.sub("", name)
    for found, kept in PREFIXES:
        if name.startswith(found):
            name = kept + name[len(found):]
            break
    else:
        return None
    for pattern, replacement in PROJECTOR:
        name = re.sub(pattern, replacement, name)
    return name


def on_disk(name, layout="llava-hf", linear=False):
    """The name that a file of `layout`, llava-hf or llava, gives to a canonical one."""
    if layout == "llava":
        if linear:
            name = name.replace("projector.0.", "projector.")
        for found, kept in (("projector.", "model.mm_projector."), ("vision.", "vision_model."),
                            ("language.lm_head.", "lm_head."), ("language.", "model.")):
            if name.startswith(found):
                return kept + name[len(found):]
    name = name.replace("projector.0.", "multi_modal_projector.linear_1.")
    name = name.replace("projector.2.", "multi_modal_projector.linear_2.")
    for found, kept in (("vision.", "vision_tower.vision_model."),
                        ("language.lm_head.", "language_model.lm_head."),
                        ("language.", "language_model.model.")):
        if name.startswith(found):
            return kept + name[len(found):]
    return name


def in_adapter(name):
    """The name that peft's file gives to a canonical one, with transformers from 4.52 on."""
    name = name.replace("projector.0.", "model.multi_modal_projector.linear_1.")
    name = name.replace("projector.2.", "model.multi_modal_projector.linear_2.")
    return "base_model.model." + re.sub(r"^language\.", "model.language_model.", name)
