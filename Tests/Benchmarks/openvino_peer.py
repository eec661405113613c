"""Times OpenVINO on a language model whose weights have four bits, one repetition a line of stdin.

SPDX-License-Identifier: Apache-2.0

    python Tests/Benchmarks/openvino_peer.py export -m LLAVA -o FOLDER
    python Tests/Benchmarks/openvino_peer.py decode -m FOLDER --batch 16 --tokens 128
It speaks as torch_peer.py does. Weights are symmetric in groups of 128; embedding and head have eight
bits, which optimum-intel gives them.
"""
import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy
import openvino

# How the products are made: activations as integers in groups of 32, which is OpenVINO's default, or of
# 128; or everything in bf16.
WAYS = {"groups of 32": {"INFERENCE_PRECISION_HINT": "f32"},
        "groups of 128": {"INFERENCE_PRECISION_HINT": "f32",
                          "DYNAMIC_QUANTIZATION_GROUP_SIZE": 128},
        "bf16": {"INFERENCE_PRECISION_HINT": "bf16"}}


def export(model, folder):
    """The language model of a llava-hf directory, in OpenVINO's form."""
    import torch
    import torch_peer
    from optimum.intel import OVModelForCausalLM, OVWeightQuantizationConfig

    language = torch_peer.language_model(model, torch.bfloat16)
    group = 128 if language.config.hidden_size % 128 == 0 else 32
    with tempfile.TemporaryDirectory(dir=folder) as plain:
        language.save_pretrained(plain)
        found = OVModelForCausalLM.from_pretrained(
            plain, export=True, compile=False,
            quantization_config=OVWeightQuantizationConfig(bits=4, sym=True, group_size=group))
        found.save_pretrained(folder)


class Language:
    """The compiled model, whose KV cache is its state."""

    def __init__(self, given):
        core = openvino.Core()
        path = given.model / "openvino_model.xml"
        compiled = core.compile_model(core.read_model(path), "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": given.threads, **WAYS[given.way]})
        self.request = compiled.create_infer_request()
        self.batch, self.past = given.batch, 0

    def reset(self):
        self.request.reset_state()
        self.past = 0

    def append(self, count):
        """`count` more tokens of each sequence."""
        length = self.past + count
        ids = numpy.tile(numpy.arange(self.past, length) * 7 % 1000 + 5, (self.batch, 1))
        places = numpy.tile(numpy.arange(self.past, length), (self.batch, 1))
        self.request.infer({
            "input_ids": ids, "position_ids": places, "beam_idx": numpy.arange(self.batch, dtype="i4"),
            "attention_mask": numpy.ones((self.batch, length), dtype="i8")})
        self.past = length


def repetition(language, given):
    """Seconds of a prompt, or of one step behind `tokens`."""
    language.reset()
    if given.mode == "decode":
        language.append(given.tokens)
        language.append(1)
    began = time.perf_counter()
    for _ in range(given.times):
        language.append(1 if given.mode == "decode" else given.tokens)
    return (time.perf_counter() - began) / given.times


def serve(given):
    language = Language(given)
    for _ in range(given.warm_ups):
        repetition(language, given)
    version = openvino.__version__.split("-")[0]
    print(json.dumps({"ready": True, "how": f"openvino {version} int4 {given.way}"}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": repetition(language, given)}), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("mode", choices=["export", "prefill", "decode"])
    options.add_argument("-m", "--model", type=Path, required=True)
    options.add_argument("-o", "--output", type=Path, help="export: an empty folder")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--batch", type=int, default=1, help="sequences at a time (1)")
    options.add_argument("--tokens", type=int, default=640,
                         help="prefill: prompt length; decode: length of the past (640)")
    options.add_argument("--times", type=int, default=1, help="work done a repetition (1)")
    options.add_argument("--warm-ups", type=int, default=1)
    options.add_argument("--way", choices=list(WAYS), default="groups of 32")
    given = options.parse_args()
    if given.mode == "export":
        export(given.model, given.output)
    else:
        serve(given)


if __name__ == "__main__":
    main()
