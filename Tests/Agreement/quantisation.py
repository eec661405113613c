"""Holds the GGUF files that llava-weights quantize writes against the gguf package, tensor by tensor.

SPDX-License-Identifier: Apache-2.0

The package's own encoders make llama.cpp's bytes of Q8_0, Q4_0, Q4_1, Q5_0 and Q5_1; of the others, which
it can only decode, the error is bounded. Names and orders of rows are written down here once more.
"""
import subprocess
import sys

import gguf
import numpy
from gguf import GGMLQuantizationType as Kind
from safetensors.torch import load_file

import random_llava

FORMATS = ["F32", "F16", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "Q4_K_M", "Q4_K_S",
           "Q4_1", "Q4_0"]
VISION = {"F32": "F32", "BF16": "BF16", "Q8_0": "Q8_0"}
# Largest root mean square of the differences over that of the numbers.
BOUNDS = {Kind.Q6_K: 0.02, Kind.Q5_K: 0.04, Kind.Q4_K: 0.08}

LAYER = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
         "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
         "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj"}
BLOCK = {"ln1": "layer_norm1", "ln2": "layer_norm2", "attn_q": "self_attn.q_proj",
         "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_out": "self_attn.out_proj",
         "ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2"}
TOWER = "vision_tower.vision_model."
ENDS = {"token_embd": "language_model.model.embed_tokens", "output_norm": "language_model.model.norm",
        "output": "language_model.lm_head", "v.patch_embd": TOWER + "embeddings.patch_embedding",
        "v.position_embd": TOWER + "embeddings.position_embedding", "v.pre_ln": TOWER + "pre_layrnorm",
        "mm.0": "multi_modal_projector.linear_1", "mm.2": "multi_modal_projector.linear_2"}


def source_name(name):
    """What llava-hf's layout calls the tensor `name`."""
    if name == "v.class_embd":
        return TOWER + "embeddings.class_embedding"
    stem, end = name.rsplit(".", 1)
    words = stem.split(".")
    if words[0] == "blk":
        return f"language_model.model.layers.{words[1]}.{LAYER[words[2]]}.{end}"
    if words[:2] == ["v", "blk"]:
        return f"{TOWER}encoder.layers.{words[2]}.{BLOCK[words[3]]}.{end}"
    return f"{ENDS[stem]}.{end}"


def turned(rows, heads):
    """llama.cpp's order of queries and keys: `permute` of its convert_hf_to_gguf.py."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def judge(tensor, wanted):
    """(whether a tensor is as it must be, how far off it is)."""
    kind = tensor.tensor_type
    found = gguf.quants.dequantize(tensor.data, kind).reshape(wanted.shape)
    size = numpy.sqrt((wanted.astype(numpy.float64) ** 2).mean())
    error = numpy.sqrt(((wanted.astype(numpy.float64) - found) ** 2).mean()) / max(size, 1e-30)
    if kind in BOUNDS:
        return error <= BOUNDS[kind], error
    bytes_wanted = gguf.quants.quantize(wanted, kind)
    return tensor.data.tobytes() == bytes_wanted.tobytes(), error


def check(table, tools, folder, shape):
    """A row for each format; the model is made in `folder`."""
    model = folder / "model"
    random_llava.make_model(model, shape)
    _, language = random_llava.SHAPES[shape]
    heads = {"attn_q": language["num_attention_heads"], "attn_k": language["num_key_value_heads"]}
    source = {name: tensor.float().numpy()
              for name, tensor in load_file(model / "model.safetensors").items()}
    for name in FORMATS:
        out = folder / name
        done = subprocess.run([str(tools / "llava-weights"), "quantize", "-q", str(model), "-o", str(out),
                               "--format", name, "--vision-format", VISION.get(name, "F16")])
        if done.returncode:
            sys.exit(f"llava-weights quantize --format {name} ended with status {done.returncode}")
        wrong, worst, kinds = [], 0.0, set()
        for path in sorted(out.iterdir()):
            for tensor in gguf.GGUFReader(path).tensors:
                wanted = source[source_name(tensor.name)]
                words = tensor.name.split(".")
                if words[0] == "blk" and words[2] in heads:
                    wanted = turned(wanted, heads[words[2]])
                good, error = judge(tensor, wanted)
                worst = max(worst, error)
                kinds.add(tensor.tensor_type.name)
                if not good:
                    wrong.append(tensor.name)
        table.row("quantised", name, "gguf's bytes, or near",
                  f"{', '.join(sorted(kinds))}: {worst:.1e}" + (f", not {wrong[0]}" if wrong else ""),
                  not wrong)
