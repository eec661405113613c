"""Makes the tiny random models of this folder and what PyTorch computes with them.

SPDX-License-Identifier: Apache-2.0

Needs torch, transformers, safetensors and sentencepiece:
python Tests/Golden/models/make_golden.py
README.md beside this file says what each model and each tensor is.
"""
import io
import json
import shutil
import sys
from pathlib import Path

import sentencepiece
import torch
from safetensors.torch import save_file
from sentencepiece import sentencepiece_model_pb2 as proto
from torch.nn import functional
from transformers import (CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM,
                          LlavaForConditionalGeneration)

HERE = Path(__file__).resolve().parent
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])
CONTINUATION = 24
LEAD = 0.02  # least lead of each greedy choice, as a share of the largest logit

CLIP_28 = {"model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 64,
           "num_hidden_layers": 3, "num_attention_heads": 4, "image_size": 28, "patch_size": 14,
           "projection_dim": 16, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
CLIP_42 = {**CLIP_28, "num_hidden_layers": 2, "image_size": 42}

# No rope keys at all: theta must come out as LLaMA's default of 10000.
LLAMA_GROUPED = {"model_type": "llama", "hidden_size": 32, "intermediate_size": 80,
                 "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                 "vocab_size": 320, "max_position_embeddings": 256, "rms_norm_eps": 1e-5}
# The rope keys as files before 2025 spell them.
LLAMA_TIED = {**LLAMA_GROUPED, "architectures": ["LlamaForCausalLM"], "num_key_value_heads": 4,
              "rope_theta": 500000.0, "rope_scaling": {"type": "linear", "factor": 2.0},
              "tie_word_embeddings": True, "rms_norm_eps": 1e-6,
              "bos_token_id": 1, "eos_token_id": 2}
# The rope keys as transformers 5 spells them.
LLAMA_ORIGINAL = {**LLAMA_GROUPED, "num_hidden_layers": 1, "num_key_value_heads": 1,
                  "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0}}


def lively(shape, spread, generator, around=0.0):
    return torch.randn(shape, generator=generator) * spread + around


def clip_weights(config, generator):
    """All tensors of a CLIP vision tower under their published names, without a prefix."""
    width, inner, patch = config["hidden_size"], config["intermediate_size"], config["patch_size"]
    tokens = (config["image_size"] // patch) ** 2 + 1
    weights = {
        "embeddings.class_embedding": lively((width,), 0.7, generator),
        "embeddings.patch_embedding.weight": lively((width, 3, patch, patch), 0.05, generator),
        "embeddings.position_embedding.weight": lively((tokens, width), 0.5, generator)}

    def norm(name):
        weights[name + ".weight"] = lively((width,), 0.2, generator, around=1.0)
        weights[name + ".bias"] = lively((width,), 0.1, generator)

    def linear(name, rows, columns, gain):
        weights[name + ".weight"] = lively((rows, columns), gain * columns ** -0.5, generator)
        weights[name + ".bias"] = lively((rows,), 0.1, generator)

    norm("pre_layrnorm")
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layers.{layer}."
        norm(prefix + "layer_norm1")
        norm(prefix + "layer_norm2")
        for name, gain in (("q", 1.5), ("k", 1.5), ("v", 1.0), ("out", 1.0)):
            linear(f"{prefix}self_attn.{name}_proj", width, width, gain)
        linear(prefix + "mlp.fc1", inner, width, 1.5)
        linear(prefix + "mlp.fc2", width, inner, 1.5)
    norm("post_layernorm")
    return weights


def llama_weights(config, generator):
    """All tensors of a LLaMA under their published names."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    keys = width // config["num_attention_heads"] * config["num_key_value_heads"]
    vocabulary, tied = config["vocab_size"], config.get("tie_word_embeddings", False)
    weights = {"model.embed_tokens.weight": lively((vocabulary, width), 0.6, generator)}

    def linear(name, rows, columns, gain):
        weights[name] = lively((rows, columns), gain * columns ** -0.5, generator)

    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{prefix}{name}.weight"] = lively((width,), 0.2, generator, around=1.0)
        linear(prefix + "self_attn.q_proj.weight", width, width, 1.6)
        linear(prefix + "self_attn.k_proj.weight", keys, width, 1.6)
        linear(prefix + "self_attn.v_proj.weight", keys, width, 1.2)
        linear(prefix + "self_attn.o_proj.weight", width, width, 1.2)
        linear(prefix + "mlp.gate_proj.weight", inner, width, 1.5)
        linear(prefix + "mlp.up_proj.weight", inner, width, 1.5)
        linear(prefix + "mlp.down_proj.weight", width, inner, 1.5)
    weights["model.norm.weight"] = lively((width,), 0.2, generator, around=1.0)
    if not tied:
        linear("lm_head.weight", vocabulary, width, 3.0)
    return weights


def prefixed(prefix, weights):
    return {prefix + name: tensor for name, tensor in weights.items()}


def write_model(folder, config, weights, dtype):
    """Writes config.json and model.safetensors, the weights rounded to `dtype`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    rounded = {name: tensor.to(dtype).contiguous() for name, tensor in weights.items()}
    save_file(rounded, folder / "model.safetensors", metadata={"format": "pt"})


def in_float32(weights, dtype):
    """The weights as a reader of the file sees them, widened to float32."""
    return {name: tensor.to(dtype).float() for name, tensor in weights.items()}


def pictures(count, side, generator):
    """Bytes with both smooth and rough parts, and the same normalised as CLIP asks."""
    coarse = torch.rand((count, 3, 4, 4), generator=generator)
    smooth = functional.interpolate(coarse, size=(side, side), mode="bicubic")
    rough = torch.rand((count, 3, side, side), generator=generator)
    values = ((smooth * 0.8 + rough * 0.2).clamp(0, 1) * 255).round().to(torch.uint8)
    scaled = values.float() / 255
    pixels = (scaled - MEAN[:, None, None]) / STD[:, None, None]
    return values.permute(0, 2, 3, 1).contiguous(), pixels.contiguous()


def encode(tower, pixels):
    """Every hidden state of the tower, and the grid features LLaVA takes (layer -2, no CLS)."""
    states = tower(pixels, output_hidden_states=True).hidden_states
    named = {f"hidden_states.{index}": state for index, state in enumerate(states)}
    named["features"] = states[-2][:, 1:].contiguous()
    return named


def greedy(model, embeddings):
    """Ids of the greedy continuation, end tokens not obeyed, and its smallest relative lead."""
    ids, lead = [], 1.0
    while len(ids) < CONTINUATION and lead >= LEAD:
        last = model(inputs_embeds=embeddings[None]).logits[0, -1]
        best = last.topk(2).values
        lead = min(lead, ((best[0] - best[1]) / last.abs().max()).item())
        ids.append(int(last.argmax()))
        step = model.get_input_embeddings()(torch.tensor(ids[-1:]))
        embeddings = torch.cat([embeddings, step])
    return torch.tensor(ids, dtype=torch.int32), lead


def splice(table, ids, places, images):
    """Word embeddings of `ids` with images[i] inserted before index places[i]."""
    parts, start = [], 0
    for place, image in zip(places, images):
        parts += [table(ids[start:place]), image]
        start = place
    return torch.cat(parts + [table(ids[start:])])


def prompt_case(name, model, count, places, images, generator):
    """The tensors that describe one prompt: input, spliced embeddings, logits, continuation.

    Prompts are drawn until every greedy choice leads clearly, so that the continuation does not
    depend on rounding, and is neither monotonous nor cut by an end token.
    """
    for _ in range(2000):
        # BOS, then ids that are neither special nor placeholders.
        ids = torch.tensor([1] + torch.randint(3, 318, (count - 1,), generator=generator).tolist())
        embeddings = splice(model.get_input_embeddings(), ids, places, images)
        continuation, lead = greedy(model, embeddings)
        if lead >= LEAD and len(set(continuation.tolist())) >= 8 and 2 not in continuation:
            break
    else:
        raise SystemExit(f"{name}: no prompt with a clear continuation found")
    print(f"  {name}: smallest lead {lead:.3f}, {len(set(continuation.tolist()))} different ids")
    return {f"{name}.tokens": ids.to(torch.int32),
            f"{name}.image_positions": torch.tensor(places, dtype=torch.int32),
            f"{name}.inputs": embeddings,
            f"{name}.logits": model(inputs_embeds=embeddings[None]).logits[0],
            f"{name}.continuation": continuation}


def write_expected(folder, tensors):
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()},
              folder / "expected.safetensors")


def language_model(config, weights):
    model = LlamaForCausalLM._from_config(LlamaConfig(**config), attn_implementation="eager")
    missing = model.load_state_dict(weights, strict=False).missing_keys
    assert missing == (["lm_head.weight"] if config.get("tie_word_embeddings") else []), missing
    return model.float().eval()


def make_tokenizer(folder):
    """A byte-pair tokenizer with LLaMA's settings whose 318 pieces fit below the placeholders.

    The model's weights are random, so what it writes means nothing; it only has to be text.
    """
    lines = [f"{turn} {verb} {what}." for turn in ("USER:", "ASSISTANT:")
             for verb in ("describe", "what is", "the") for what in ("image", "circle", "square")]
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 20), model_writer=made, model_type="bpe", num_threads=1,
        vocab_size=318, byte_fallback=True, minloglevel=2, normalization_rule_name="identity",
        add_dummy_prefix=True, remove_extra_whitespaces=False)
    model = proto.ModelProto.FromString(made.getvalue())
    assert len(model.pieces) == 318
    model.trainer_spec.ClearField("input")
    (folder / "tokenizer.model").write_bytes(model.SerializeToString(deterministic=True))


def make_llava_hf():
    """A whole LLaVA in the llava-hf layout, BF16 weights, grouped-query LLaMA."""
    generator = torch.Generator().manual_seed(4)
    weights = prefixed("vision_tower.vision_model.", clip_weights(CLIP_28, generator))
    for name in ("linear_1", "linear_2"):
        weights[f"multi_modal_projector.{name}.weight"] = lively((32, 32), 0.25, generator)
        weights[f"multi_modal_projector.{name}.bias"] = lively((32,), 0.1, generator)
    weights |= prefixed("language_model.", llama_weights(LLAMA_GROUPED, generator))
    config = {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
              "ignore_index": -100, "image_token_index": 318, "pad_token_id": 319,
              "image_seq_length": 4, "projector_hidden_act": "gelu", "torch_dtype": "bfloat16",
              "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
              "text_config": LLAMA_GROUPED, "vision_config": CLIP_28, "vocab_size": 320,
              "tie_word_embeddings": False}
    folder = HERE / "llava-hf"
    write_model(folder, config, weights, torch.bfloat16)
    make_tokenizer(folder)
    model = LlavaForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    bytes_, pixels = pictures(2, 28, generator)
    expected = {"pixels_u8": bytes_, "pixels": pixels, **encode(model.model.vision_tower, pixels)}
    images = model.model.multi_modal_projector(expected["features"])
    expected["embeddings"] = images
    expected |= prompt_case("text", model, 12, [], [], generator)
    expected |= prompt_case("image", model, 14, [6], [images[0]], generator)
    expected |= prompt_case("two_images", model, 9, [1, 9], [images[0], images[1]], generator)
    ids = expected["image.tokens"].tolist()
    # The whole model's own forward pass must agree with the parts put together here.
    marked = torch.tensor([ids[:6] + [318] * 4 + ids[6:]])
    whole = model(input_ids=marked, pixel_values=pixels[:1]).logits[0]
    assert torch.allclose(whole, expected["image.logits"], atol=1e-4)
    write_expected(folder, expected)


def make_llama_tied():
    """A plain LLaMA directory: tied embeddings, scaled rotary positions, F32 weights."""
    generator = torch.Generator().manual_seed(7)
    weights = llama_weights(LLAMA_TIED, generator)
    folder = HERE / "llama-tied"
    write_model(folder, LLAMA_TIED, weights, torch.float32)
    model = LlamaForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    image = lively((4, 32), 0.6, generator)
    expected = {"image_rows": image}
    expected |= prompt_case("text", model, 20, [], [], generator)
    expected |= prompt_case("image", model, 10, [3], [image], generator)
    write_expected(folder, expected)


def make_original():
    """LLaVA's own layout: linear projector, multi-query LLaMA; its CLIP stands beside it, F16."""
    generator = torch.Generator().manual_seed(9)
    tower = clip_weights(CLIP_42, generator)
    clip_folder = HERE / "clip-42"
    write_model(clip_folder, {"architectures": ["CLIPModel"], "model_type": "clip",
                              "projection_dim": 16, "vision_config": CLIP_42},
                prefixed("vision_model.", tower), torch.float16)
    vision = CLIPVisionModel._from_config(CLIPVisionConfig(**CLIP_42), attn_implementation="eager")
    vision.load_state_dict(in_float32(tower, torch.float16))
    bytes_, pixels = pictures(1, 42, generator)
    expected = {"pixels_u8": bytes_, "pixels": pixels, **encode(vision.eval(), pixels)}
    write_expected(clip_folder, expected)

    language = llama_weights(LLAMA_ORIGINAL, generator)
    projector = {"model.mm_projector.weight": lively((32, 32), 0.2, generator),
                 "model.mm_projector.bias": lively((32,), 0.1, generator)}
    folder = HERE / "llava-original"
    write_model(folder, {**LLAMA_ORIGINAL, "architectures": ["LlavaLlamaForCausalLM"],
                         "model_type": "llava", "mm_vision_tower": "../clip-42",
                         "mm_hidden_size": 32, "mm_projector_type": "linear",
                         "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch",
                         "image_aspect_ratio": "pad", "mm_use_im_start_end": False,
                         "mm_use_im_patch_token": False, "use_mm_proj": True,
                         "bos_token_id": 1, "eos_token_id": 2},
                {**language, **projector}, torch.bfloat16)
    model = language_model(LLAMA_ORIGINAL, in_float32(language, torch.bfloat16))
    rounded = in_float32(projector, torch.bfloat16)
    images = functional.linear(expected["features"], rounded["model.mm_projector.weight"],
                               rounded["model.mm_projector.bias"])
    write_expected(folder, {"features": expected["features"], "embeddings": images,
                            **prompt_case("image", model, 11, [5], [images[0]], generator)})


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    if sys.argv[1:] == ["tokenizer"]:
        make_tokenizer(HERE / "llava-hf")
        sys.exit()
    with torch.no_grad():
        for make in (make_llava_hf, make_llama_tied, make_original):
            print(make.__name__)
            make()
