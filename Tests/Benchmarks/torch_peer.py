"""Times PyTorch on the work of our tools, one repetition for each line read from stdin.

SPDX-License-Identifier: Apache-2.0

    python Tests/Benchmarks/torch_peer.py encode -m MODEL --batch 8 --compile
A process loads its model once, warms up, prints {"ready": ...} and then answers every line on
stdin with {"seconds": ...}. The weights are those of the tools: the same safetensors files, mapped
and never copied unless --precision f32 asks for it.
"""
import argparse
import contextlib
import json
import sys
import time
from pathlib import Path

import torch
import torch_train
from safetensors import safe_open
from transformers import AutoConfig, CLIPVisionModel, LlamaForCausalLM
from transformers.cache_utils import DynamicCache
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

TOWER = "vision_tower."
LANGUAGE = "language_model."


def mapped(model, root, precision):
    """The tensors below `root` by their names there, in the file's mapping when in BF16."""
    found = {}
    for path in sorted(model.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            found.update({name[len(root):]: file.get_tensor(name).to(precision)
                          for name in file.keys() if name.startswith(root)})
    return found


def assigned(model, tensors, precision):
    """`model`, made without memory of its own, with `tensors` in the places of its parameters."""
    names = model.state_dict().keys()
    if not any(name in tensors for name in names):  # transformers 5 dropped a level of names
        tensors = {name.split(".", 1)[1]: tensor for name, tensor in tensors.items()}
    missing = [name for name, _ in model.named_parameters() if name not in tensors]
    assert not missing, f"not in the file: {missing[:3]}"
    model.load_state_dict({name: tensors[name] for name in names if name in tensors},
                          strict=False, assign=True)
    return model.to(precision).eval()


def vision_tower(model, precision):
    config = AutoConfig.from_pretrained(model).vision_config
    config.num_hidden_layers -= 1  # LLaVA takes the features of the layer before last
    with torch.device("meta"):
        tower = CLIPVisionModel._from_config(config, attn_implementation="sdpa")
    tensors = mapped(model, TOWER, precision)
    for module in tower.modules():
        if hasattr(module, "position_ids"):
            module.position_ids = torch.arange(module.position_ids.shape[-1])[None]
    return assigned(tower, tensors, precision)


def language_model(model, precision):
    config = AutoConfig.from_pretrained(model).text_config
    with torch.device("meta"):
        language = LlamaForCausalLM._from_config(config, attn_implementation="sdpa")
    language.model.rotary_emb = LlamaRotaryEmbedding(config)
    return assigned(language, mapped(model, LANGUAGE, precision), precision)


def prepare(given, function):
    return torch.compile(function) if given.compile else function


def encode(given):
    """A batch of pictures through the tower: features of the layer before last."""
    tower = vision_tower(given.model, given.type)
    side = tower.config.image_size
    pixels = torch.randn(given.batch, 3, side, side, dtype=given.type)
    forward = prepare(given, tower)
    return lambda: forward(pixels).last_hidden_state[:, 1:]


def prefill(given):
    """A prompt through the language model into an empty cache; logits of the last position, or of
    all when eager: for one it copies the transposed head, and takes longer."""
    model = language_model(given.model, given.type)
    ids = (torch.arange(given.tokens) * 7 % model.config.vocab_size)[None]
    forward = prepare(given, model)
    kept = 1 if given.compile else 0
    return lambda: forward(input_ids=ids, use_cache=True, logits_to_keep=kept).logits


def decode(given):
    """One more token for each sequence, all of them `tokens` long: a step of greedy decoding."""
    model = language_model(given.model, given.type)
    config = model.config
    width = config.hidden_size // config.num_attention_heads
    past = torch.randn(2, given.batch, config.num_key_value_heads, given.tokens, width,
                       dtype=given.type)
    cache = DynamicCache()
    for layer in range(config.num_hidden_layers):
        cache.update(past[0].clone(), past[1].clone(), layer)
    ids = torch.arange(given.batch)[:, None] + 5
    place = torch.full((given.batch, 1), given.tokens)
    forward = prepare(given, model)

    def step():
        out = forward(input_ids=ids, past_key_values=cache, position_ids=place, use_cache=True)
        cache.crop(-1)
        return out.logits[:, -1].argmax(-1)

    return step


MODES = {"encode": encode, "prefill": prefill, "decode": decode,
         "train": lambda given: torch_train.step(given, language_model(given.model, given.type))}


def serve(work, given):
    """Answers every line of stdin with the seconds of one repetition."""
    for _ in range(given.warm_ups):
        work()
    way = "compiled" if given.compile else "eager"
    if given.mode == "train":
        way = "checkpointing" if given.checkpointing else "keeping all"
    how = f"torch {torch.__version__.split('+')[0]} {given.precision} {way}"
    print(json.dumps({"ready": True, "how": how}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        for _ in range(given.times):
            work()
        print(json.dumps({"seconds": (time.perf_counter() - began) / given.times}), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("mode", choices=list(MODES))
    options.add_argument("-m", "--model", type=Path, required=True)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--batch", type=int, default=1,
                         help="pictures (encode) or sequences (decode) at a time")
    options.add_argument("--tokens", type=int, default=640,
                         help="prefill, train: prompt length; decode: length of the past (640)")
    options.add_argument("--image-rows", type=int, default=256,
                         help="train: rows of the image before the tokens (256)")
    options.add_argument("--lora", type=int, default=0,
                         help="train: rank of the adapter; 0: the projector alone")
    options.add_argument("--checkpointing", action="store_true",
                         help="train: keep the layers' inputs alone")
    options.add_argument("--times", type=int, default=1, help="work done a repetition (1)")
    options.add_argument("--warm-ups", type=int, default=2)
    options.add_argument("--precision", choices=["bf16", "f32"], default="bf16")
    options.add_argument("--compile", action="store_true",
                         help="torch.compile, which takes a minute to start")
    given = options.parse_args()
    given.type = {"bf16": torch.bfloat16, "f32": torch.float32}[given.precision]
    torch.set_num_threads(given.threads)
    # Training needs gradients.
    with contextlib.nullcontext() if given.mode == "train" else torch.inference_mode():
        serve(MODES[given.mode](given), given)


if __name__ == "__main__":
    main()
