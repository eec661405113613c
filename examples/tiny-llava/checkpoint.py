"""Writes the tiny LLaVA's vision tower as the tools take it, in bfloat16.

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


def preprocessor_of(side):
    return {"image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True,
            "do_resize": True, "size": {"shortest_edge": side}, "resample": 3,
            "do_center_crop": True, "crop_size": {"height": side, "width": side},
            "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
            "image_mean": list(MEAN), "image_std": list(STD)}


def write_files(folder, weights, files):
    folder.mkdir(parents=True, exist_ok=True)
    narrow = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in weights.items()}
    save_file(narrow, folder / "model.safetensors", metadata={"format": "pt"})
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")


def write_tower(tower, folder):
    """A CLIP vision tower by itself, as `--vision` of the tools takes it."""
    names = [name if name.startswith("vision_model.") else f"vision_model.{name}"
             for name in tower.state_dict()]
    shape = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
             "image_size", "patch_size", "projection_dim", "hidden_act", "layer_norm_eps")
    write_files(folder, dict(zip(names, tower.state_dict().values())), {
        "config.json": {"architectures": ["CLIPVisionModel"], "model_type": "clip_vision_model",
                        "torch_dtype": "bfloat16",
                        **{name: getattr(tower.config, name) for name in shape}},
        "preprocessor_config.json": preprocessor_of(tower.config.image_size)})
