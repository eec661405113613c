"""Makes a random LLaVA of true widths in the llava-hf layout, and pictures to show it.

SPDX-License-Identifier: Apache-2.0
"""
import io
import json

import numpy
import sentencepiece
import torch
from PIL import Image
from safetensors.torch import save_file

MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
PIECES = 400

SHAPES = {
    # LLaVA 1.5's tower and projector; LLaMA 7B's widths with two of its 32 layers.
    "true": ({"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
              "num_attention_heads": 16, "image_size": 336, "patch_size": 14,
              "projection_dim": 768},
             {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 2,
              "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32064}),
    # The same kinds of layers in seconds, to try the script itself.
    "small": ({"hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 4,
               "num_attention_heads": 4, "image_size": 56, "patch_size": 14,
               "projection_dim": 32},
              {"hidden_size": 96, "intermediate_size": 256, "num_hidden_layers": 2,
               "num_attention_heads": 6, "num_key_value_heads": 2, "vocab_size": 512})}


def make_tensors(vision, language, generator):
    """Random BF16 weights, spread so that activations neither vanish nor explode."""
    def spread(shape, deviation, around=0.0):
        values = torch.randn(shape, generator=generator) * deviation + around
        return values.to(torch.bfloat16)

    def linear(name, rows, columns, gain=1.0, bias=False):
        tensors[name + ".weight"] = spread((rows, columns), gain * columns ** -0.5)
        if bias:
            tensors[name + ".bias"] = spread((rows,), 0.05)

    def norm(name, width, bias=False):
        tensors[name + ".weight"] = spread((width,), 0.1, around=1.0)
        if bias:
            tensors[name + ".bias"] = spread((width,), 0.05)

    tensors, width, patch = {}, vision["hidden_size"], vision["patch_size"]
    grid = vision["image_size"] // patch
    root = "vision_tower.vision_model."
    tensors[root + "embeddings.class_embedding"] = spread((width,), 0.5)
    tensors[root + "embeddings.patch_embedding.weight"] = spread((width, 3, patch, patch), 0.03)
    tensors[root + "embeddings.position_embedding.weight"] = spread((grid * grid + 1, width), 0.3)
    norm(root + "pre_layrnorm", width, bias=True)
    norm(root + "post_layernorm", width, bias=True)
    for layer in range(vision["num_hidden_layers"]):
        prefix = f"{root}encoder.layers.{layer}."
        norm(prefix + "layer_norm1", width, bias=True)
        norm(prefix + "layer_norm2", width, bias=True)
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            linear(f"{prefix}self_attn.{part}", width, width, bias=True)
        linear(prefix + "mlp.fc1", vision["intermediate_size"], width, bias=True)
        linear(prefix + "mlp.fc2", width, vision["intermediate_size"], bias=True)

    hidden, inner = language["hidden_size"], language["intermediate_size"]
    linear("multi_modal_projector.linear_1", hidden, width, bias=True)
    linear("multi_modal_projector.linear_2", hidden, hidden, bias=True)

    root = "language_model.model."
    keys = hidden // language["num_attention_heads"] * language["num_key_value_heads"]
    tensors[root + "embed_tokens.weight"] = spread((language["vocab_size"], hidden), 0.5)
    norm(root + "norm", hidden)
    for layer in range(language["num_hidden_layers"]):
        prefix = f"{root}layers.{layer}."
        norm(prefix + "input_layernorm", hidden)
        norm(prefix + "post_attention_layernorm", hidden)
        for part, rows in (("q", hidden), ("k", keys), ("v", keys), ("o", hidden)):
            linear(f"{prefix}self_attn.{part}_proj", rows, hidden)
        linear(prefix + "mlp.gate_proj", inner, hidden)
        linear(prefix + "mlp.up_proj", inner, hidden)
        linear(prefix + "mlp.down_proj", hidden, inner)
    linear("language_model.lm_head", language["vocab_size"], hidden, gain=3.0)
    # Only words are ever the best choice: no special token, byte or padding row.
    tensors["language_model.lm_head.weight"][:259] = 0
    tensors["language_model.lm_head.weight"][PIECES:] = 0
    return tensors


def make_tokenizer(folder):
    """A small SentencePiece model with byte fallback, `<image>` and `<pad>` right behind it."""
    lines = ["A chat between a curious user and an artificial intelligence assistant.",
             "The assistant gives helpful, detailed, and polite answers to the user's questions.",
             "USER: What is this? ASSISTANT: A picture of seven quick zebras jumping over boxes.",
             "USER: Describe this image. ASSISTANT: It was made by chance, like these weights."]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 50), model_writer=model, model_type="bpe",
        vocab_size=PIECES, byte_fallback=True, character_coverage=1.0,
        normalization_rule_name="identity", remove_extra_whitespaces=False, pad_id=-1,
        num_threads=1, minloglevel=2)
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    added = {"<image>": PIECES, "<pad>": PIECES + 1}
    numbered = {0: "<unk>", 1: "<s>", 2: "</s>", PIECES: "<image>", PIECES + 1: "<pad>"}
    write_json(folder / "added_tokens.json", added)
    write_json(folder / "tokenizer_config.json", {
        "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>",
        "unk_token": "<unk>", "pad_token": "<pad>", "legacy": False,
        "tokenizer_class": "LlamaTokenizer",
        "added_tokens_decoder": {str(number): {
            "content": text, "lstrip": False, "normalized": False, "rstrip": False,
            "single_word": False, "special": True} for number, text in numbered.items()}})


def write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n")


def make_model(folder, shape, seed=11):
    make_model_of(folder, *SHAPES[shape], seed)


def make_model_of(folder, vision, language, seed=11):
    folder.mkdir(parents=True)
    tensors = make_tensors(vision, language, torch.Generator().manual_seed(seed))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    write_settings(folder, vision, language)


def write_settings(folder, vision, language):
    """Everything of a model's directory except its weights."""
    side = vision["image_size"]
    make_tokenizer(folder)
    write_json(folder / "config.json", {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
        "image_token_index": PIECES, "pad_token_id": PIECES + 1, "projector_hidden_act": "gelu",
        "image_seq_length": (side // vision["patch_size"]) ** 2, "torch_dtype": "bfloat16",
        "tie_word_embeddings": False, "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default",
        "vision_config": {"model_type": "clip_vision_model", "hidden_act": "quick_gelu",
                          "layer_norm_eps": 1e-5, **vision},
        "text_config": {"model_type": "llama", "rms_norm_eps": 1e-5, "bos_token_id": 1,
                        "eos_token_id": 2, "max_position_embeddings": 4096, **language}})
    write_json(folder / "preprocessor_config.json", {
        "image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True, "do_resize": True,
        "size": {"shortest_edge": side}, "resample": 3, "do_center_crop": True,
        "crop_size": {"height": side, "width": side}, "do_rescale": True,
        "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": MEAN, "image_std": STD})


def make_images(folder, count, seed=12):
    """Pictures with smooth and rough parts: wide, tall, square, tiny; JPEG and PNG by turns."""
    folder.mkdir(parents=True)
    chance = numpy.random.default_rng(seed)
    sizes = [(640, 480), (300, 451), (336, 336), (50, 40), (1001, 333), (97, 640)]
    names = []
    for index in range(count):
        width, height = sizes[index % len(sizes)]
        coarse = chance.integers(0, 256, (7, 9, 3), numpy.uint8)
        smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        rough = chance.integers(-24, 25, (height, width, 3))
        picture = Image.fromarray((numpy.asarray(smooth) + rough).clip(0, 255).astype(numpy.uint8))
        names.append(f"{index}.{'png' if index % 2 else 'jpg'}")
        picture.save(folder / names[-1], **({} if index % 2 else {"quality": 90}))
    return names
