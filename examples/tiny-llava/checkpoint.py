"""Pixels as a CLIP tower takes them, and a tower written as a directory of its own, in bfloat16.

SPDX-License-Identifier: Apache-2.0
"""
import json

import numpy
import torch
from safetensors.torch import save_file

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def normalise(pictures):
    """[n, side, side, 3] bytes to the tower's float input [n, 3, side, side]."""
    scaled = torch.from_numpy(numpy.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    return (scaled - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def config_of(vision):
    """config.json with the keys that published checkpoints have, and nothing that varies."""
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
             "image_size", "patch_size", "projection_dim", "hidden_act", "layer_norm_eps")
    return {"architectures": ["CLIPVisionModel"], "model_type": "clip_vision_model",
            "torch_dtype": "bfloat16", **{name: getattr(vision, name) for name in names}}


def published_name(name):
    """transformers 5 shortens names in memory; on disk they are those of the published towers."""
    return name if name.startswith("vision_model.") else f"vision_model.{name}"


def write_tower(tower, folder):
    """config.json, model.safetensors and preprocessor_config.json of a CLIP tower."""
    folder.mkdir(parents=True, exist_ok=True)
    side = tower.config.image_size
    weights = {published_name(name): tensor.to(torch.bfloat16).contiguous()
               for name, tensor in tower.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    files = {
        "preprocessor_config.json": {
            "image_processor_type": "CLIPImageProcessor",
            "do_convert_rgb": True, "do_resize": True, "size": {"shortest_edge": side},
            "resample": 3, "do_center_crop": True, "crop_size": {"height": side, "width": side},
            "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
            "image_mean": list(MEAN), "image_std": list(STD)},
        "config.json": config_of(tower.config)}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
