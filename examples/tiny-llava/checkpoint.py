"""Writes the tiny LLaVA as a directory in the llava-hf layout, in bfloat16.

SPDX-License-Identifier: Apache-2.0
"""
import json

import numpy
import torch
from safetensors.torch import save_file

import tokens

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
# transformers 5 shortens names in memory; on disk they are those of the published checkpoints.
NAMES = [("model.vision_tower.", "vision_tower.vision_model."),
         ("model.multi_modal_projector.", "multi_modal_projector."),
         ("model.language_model.", "language_model.model."),
         ("lm_head.", "language_model.lm_head.")]


def normalise(pictures):
    """[n, side, side, 3] bytes to the tower's float input [n, 3, side, side]."""
    scaled = torch.from_numpy(numpy.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    return (scaled - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def published_name(name):
    for short, long in NAMES:
        if name.startswith(short):
            return long + name.removeprefix(short)
    raise ValueError(f"no published name for {name}")


def config_of(model):
    """config.json with the keys that published checkpoints have, and nothing that varies."""
    vision, text = model.config.vision_config, model.config.text_config
    return {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
        "ignore_index": -100, "image_token_index": tokens.IMAGE,
        "image_seq_length": (vision.image_size // vision.patch_size) ** 2,
        "pad_token_id": tokens.PAD, "projector_hidden_act": "gelu",
        "multimodal_projector_bias": True, "tie_word_embeddings": False,
        "torch_dtype": "bfloat16", "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default",
        "text_config": {
            "model_type": "llama", "architectures": ["LlamaForCausalLM"],
            "hidden_size": text.hidden_size, "intermediate_size": text.intermediate_size,
            "num_hidden_layers": text.num_hidden_layers,
            "num_attention_heads": text.num_attention_heads,
            "num_key_value_heads": text.num_key_value_heads, "vocab_size": text.vocab_size,
            "max_position_embeddings": text.max_position_embeddings,
            "rms_norm_eps": text.rms_norm_eps, "rope_theta": 10000.0, "hidden_act": "silu",
            "bos_token_id": tokens.BOS, "eos_token_id": tokens.EOS,
            "tie_word_embeddings": False, "torch_dtype": "bfloat16"},
        "vision_config": {
            "model_type": "clip_vision_model", "hidden_size": vision.hidden_size,
            "intermediate_size": vision.intermediate_size,
            "num_hidden_layers": vision.num_hidden_layers,
            "num_attention_heads": vision.num_attention_heads, "image_size": vision.image_size,
            "patch_size": vision.patch_size, "projection_dim": vision.projection_dim,
            "hidden_act": "quick_gelu", "layer_norm_eps": vision.layer_norm_eps}}


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


def write(model, folder):
    """Everything but the tokenizer's files."""
    side = model.config.vision_config.image_size
    weights = {published_name(name): tensor for name, tensor in model.state_dict().items()}
    write_files(folder, weights, {
        "config.json": config_of(model),
        "generation_config.json": {"bos_token_id": tokens.BOS, "eos_token_id": tokens.EOS,
                                   "pad_token_id": tokens.PAD, "do_sample": False},
        "preprocessor_config.json": {**preprocessor_of(side),
                                     "processor_class": "LlavaProcessor"},
        "processor_config.json": {
            "image_token": "<image>", "num_additional_image_tokens": 1, "patch_size": 14,
            "processor_class": "LlavaProcessor", "vision_feature_select_strategy": "default"}})


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
