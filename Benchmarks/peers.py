"""Times PyTorch on the work of our tools, one repetition for each line read from stdin.

SPDX-License-Identifier: Apache-2.0

    python Benchmarks/peers.py encode --side 336 --batch 8
A process loads its model once, warms up, prints {"ready": ...} and then answers every line on
stdin with one repetition: {"seconds": ..., ...}. So another program can run ours and theirs by
turns, under the same conditions, and compare medians. Weights are random, normal(0, 0.02), BF16.
"""
import argparse
import json
import sys
import time

import torch
from transformers import CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM
from transformers.cache_utils import DynamicCache

# CLIP ViT-L/14 less its last layer, which LLaVA does not use.
TOWER = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 23,
         "num_attention_heads": 16, "patch_size": 14, "projection_dim": 768}
LLAMA_7B = {"hidden_size": 4096, "intermediate_size": 11008, "num_attention_heads": 32,
            "num_key_value_heads": 32, "vocab_size": 32000, "max_position_embeddings": 4096}
WARM_UPS = 2


def fill(model):
    """Random weights; the norms keep their ones, as their outputs would vanish otherwise."""
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.normal_(0, 0.02, generator=generator)
    return model.eval()


def empty(kind, config):
    """A model in BF16 without first making it in float32."""
    torch.set_default_dtype(torch.bfloat16)
    model = kind._from_config(config, attn_implementation="sdpa")
    torch.set_default_dtype(torch.float32)
    return fill(model)


def language_model(layers):
    return empty(LlamaForCausalLM, LlamaConfig(**LLAMA_7B, num_hidden_layers=layers))


def encode(given):
    """A batch of pictures through the tower: features of the layer before last."""
    config = CLIPVisionConfig(**TOWER, image_size=given.side)
    tower = empty(CLIPVisionModel, config)
    pixels = torch.randn(given.batch, 3, given.side, given.side, dtype=torch.bfloat16)
    if given.compile:
        tower = torch.compile(tower)
    return lambda: tower(pixels).last_hidden_state[:, 1:], {"images": given.batch}


def prefill(given):
    """A prompt through the language model into an empty cache; logits of the last position."""
    model = language_model(given.layers)
    inputs = torch.randn(1, given.tokens, 4096, dtype=torch.bfloat16) * 0.02
    forward = torch.compile(model) if given.compile else model
    return (lambda: forward(inputs_embeds=inputs, use_cache=True, logits_to_keep=1).logits,
            {"tokens": given.tokens, "layers": given.layers})


def decode(given):
    """One more token for each sequence, all of them `tokens` long: a step of greedy decoding."""
    model = language_model(given.layers)
    heads, width = LLAMA_7B["num_key_value_heads"], 128
    cache = DynamicCache()
    for layer in range(given.layers):
        past = torch.randn(2, given.batch, heads, given.tokens, width, dtype=torch.bfloat16)
        cache.update(past[0], past[1], layer)
    ids = torch.arange(given.batch)[:, None] + 5
    place = torch.full((given.batch, 1), given.tokens)

    def step():
        out = model(input_ids=ids, past_key_values=cache, position_ids=place, use_cache=True)
        cache.crop(-1)
        return out.logits[:, -1].argmax(-1)

    return step, {"tokens": given.batch, "past": given.tokens, "layers": given.layers}


MODES = {"encode": encode, "prefill": prefill, "decode": decode}


def serve(work, facts):
    """Answers every line of stdin with the seconds of one repetition."""
    for _ in range(WARM_UPS):
        work()
    print(json.dumps({"ready": True, **facts}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        work()
        print(json.dumps({"seconds": time.perf_counter() - began, **facts}), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("mode", choices=list(MODES))
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--side", type=int, default=336, help="encode: picture side (336)")
    options.add_argument("--batch", type=int, default=1,
                         help="pictures (encode) or sequences (decode) at a time")
    options.add_argument("--layers", type=int, default=2,
                         help="layers of the language model; a 7B model has 32 (2)")
    options.add_argument("--tokens", type=int, default=640,
                         help="prefill: prompt length; decode: length of the past (640)")
    options.add_argument("--compile", action="store_true",
                         help="encode, prefill: torch.compile, which takes a minute to start")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    with torch.inference_mode():
        work, facts = MODES[given.mode](given)
        serve(work, {"mode": given.mode, "engine": "torch " + torch.__version__.split("+")[0],
                     "how": "compiled" if given.compile else "eager",
                     "threads": given.threads, **facts})


if __name__ == "__main__":
    main()
