"""Tiny random LLaVAs in float32, adapters for them, and streams of features or pixels to train on.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import io
import json

import sentencepiece
import torch
from safetensors.torch import save_file

import streams
import tensor_names

TARGETS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
           "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
VISION = {"hidden_size": 40, "intermediate_size": 56, "num_hidden_layers": 2,
          "num_attention_heads": 4, "image_size": 28, "patch_size": 14, "projection_dim": 16}


@dataclasses.dataclass
class Shape:
    """Widths, with the keys of transformers' configurations."""
    language: dict
    vision: dict = dataclasses.field(default_factory=lambda: VISION)
    # Linear layers of the projector.
    depth: int = 2
    # llava-hf, or llava: LLaVA's own, which alone has a linear projector.
    layout: str = "llava-hf"

    @property
    def tied(self):
        return self.language.get("tie_word_embeddings", False)

    @property
    def image_rows(self):
        """Rows of features that the tower gives of an image."""
        return (self.vision["image_size"] // self.vision["patch_size"]) ** 2

    def computes(self, name):
        """Whether features are computed with the tower's tensor of this canonical name: layer -2."""
        last = f"vision.encoder.layers.{self.vision['num_hidden_layers'] - 1}."
        return not name.startswith(("vision.post_layernorm.", last))


GROUPED = {"hidden_size": 48, "intermediate_size": 91, "num_hidden_layers": 2,
           "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 101}
SHAPES = {
    "grouped": Shape(GROUPED),
    "tied": Shape({**GROUPED, "hidden_size": 40, "intermediate_size": 88, "num_hidden_layers": 3,
                   "num_key_value_heads": 1, "vocab_size": 97, "tie_word_embeddings": True}),
    "linear": Shape(GROUPED, depth=1, layout="llava"),
    "seeing": Shape(GROUPED, {**VISION, "num_hidden_layers": 3})}


def linear_sizes(language):
    """(outputs, inputs) of each linear layer of one layer of the decoder."""
    width, inner = language["hidden_size"], language["intermediate_size"]
    keys = width // language["num_attention_heads"] * language["num_key_value_heads"]
    return dict(zip(TARGETS, [(width, width), (keys, width), (keys, width), (width, width),
                              (inner, width), (inner, width), (width, inner)], strict=True))


def make_tensors(shape, generator):
    """All weights by canonical names, spread so that no activation vanishes or explodes."""
    def spread(shape, deviation, around=0.0):
        return torch.randn(shape, generator=generator) * deviation + around

    def linear(name, rows, columns, gain=1.0, bias=True):
        tensors[name + ".weight"] = spread((rows, columns), gain * columns ** -0.5)
        if bias:
            tensors[name + ".bias"] = spread((rows,), 0.1)

    def norm(name, width, bias):
        tensors[name + ".weight"] = spread((width,), 0.1, around=1.0)
        if bias:
            tensors[name + ".bias"] = spread((width,), 0.05)

    tensors, vision, language = {}, shape.vision, shape.language
    width, patch = vision["hidden_size"], vision["patch_size"]
    positions = (vision["image_size"] // patch) ** 2 + 1
    tensors["vision.embeddings.class_embedding"] = spread((width,), 0.5)
    tensors["vision.embeddings.patch_embedding.weight"] = spread((width, 3, patch, patch), 0.03)
    tensors["vision.embeddings.position_embedding.weight"] = spread((positions, width), 0.3)
    norm("vision.pre_layrnorm", width, True)
    norm("vision.post_layernorm", width, True)
    for layer in range(vision["num_hidden_layers"]):
        prefix = f"vision.encoder.layers.{layer}."
        norm(prefix + "layer_norm1", width, True)
        norm(prefix + "layer_norm2", width, True)
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            linear(f"{prefix}self_attn.{part}", width, width)
        linear(prefix + "mlp.fc1", vision["intermediate_size"], width)
        linear(prefix + "mlp.fc2", width, vision["intermediate_size"])

    hidden = language["hidden_size"]
    for layer in range(shape.depth):
        linear(f"projector.{2 * layer}", hidden, width if layer == 0 else hidden)
    tensors["language.embed_tokens.weight"] = spread((language["vocab_size"], hidden), 0.5)
    norm("language.norm", hidden, False)
    for layer in range(language["num_hidden_layers"]):
        prefix = f"language.layers.{layer}."
        norm(prefix + "input_layernorm", hidden, False)
        norm(prefix + "post_attention_layernorm", hidden, False)
        for part, (rows, columns) in linear_sizes(language).items():
            linear(prefix + part, rows, columns, bias=False)
    if not shape.tied:
        linear("language.lm_head", language["vocab_size"], hidden, gain=1.5, bias=False)
    return tensors


def write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n")


def text_settings(shape):
    return {"model_type": "llama", "rms_norm_eps": 1e-5, "bos_token_id": 1, "eos_token_id": 2,
            "max_position_embeddings": 256, "rope_theta": 10000.0, **shape.language}


def write_model(folder, shape, tensors, tokenizer=True):
    """A model directory. In LLaVA's layout its CLIP stands beside it, as `clip`."""
    folder.mkdir(parents=True)
    vision = {"model_type": "clip_vision_model", "hidden_act": "quick_gelu",
              "layer_norm_eps": 1e-5, **shape.vision}
    language, rows = text_settings(shape), shape.language["vocab_size"]
    named = {tensor_names.on_disk(name, shape.layout, shape.depth == 1): tensor
             for name, tensor in tensors.items()}
    if shape.layout == "llava":
        clip = folder.parent / "clip"
        clip.mkdir()
        save_file({name: named.pop(name) for name in list(named) if "vision" in name},
                  clip / "model.safetensors", metadata={"format": "pt"})
        write_json(clip / "config.json", vision)
        kind = "linear" if shape.depth == 1 else f"mlp{shape.depth}x_gelu"
        write_json(folder / "config.json", {
            **language, "architectures": ["LlavaLlamaForCausalLM"], "model_type": "llava_llama",
            "mm_vision_tower": "../clip", "mm_hidden_size": vision["hidden_size"],
            "mm_projector_type": kind, "mm_vision_select_layer": -2,
            "mm_vision_select_feature": "patch", "use_mm_proj": True,
            "mm_use_im_start_end": False, "mm_use_im_patch_token": False})
    else:
        write_json(folder / "config.json", {
            "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
            "image_token_index": rows - 2, "pad_token_id": rows - 1, "torch_dtype": "float32",
            "image_seq_length": (vision["image_size"] // vision["patch_size"]) ** 2,
            "projector_hidden_act": "gelu", "tie_word_embeddings": shape.tied,
            "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
            "vision_config": vision, "text_config": language})
    save_file(named, folder / "model.safetensors", metadata={"format": "pt"})
    if tokenizer:
        write_tokenizer(folder)


def write_tokenizer(folder):
    """Fewer pieces than any vocabulary here has; what it writes means nothing."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a picture of seven quick zebras", "what is this? a box"] * 20),
        model_writer=made, model_type="bpe", vocab_size=48, num_threads=1, minloglevel=2,
        normalization_rule_name="identity")
    (folder / "tokenizer.model").write_bytes(made.getvalue())


def adapter_tensors(shape, rank, generator):
    """A as peft draws it, and B away from zero, so that A has a gradient from the first step."""
    tensors = {}
    for layer in range(shape.language["num_hidden_layers"]):
        for part, (rows, columns) in linear_sizes(shape.language).items():
            name, bound = f"language.layers.{layer}.{part}", columns ** -0.5
            tensors[name + ".lora_A.weight"] = (
                torch.rand((rank, columns), generator=generator) * 2 - 1) * bound
            tensors[name + ".lora_B.weight"] = torch.randn((rows, rank), generator=generator) * 0.05
    return tensors


def write_adapter(folder, tensors, rank, alpha, rslora):
    """A directory that PeftModel.from_pretrained loads, the projector among `tensors` inside."""
    folder.mkdir(parents=True)
    modules = "|".join(target.split(".")[1] for target in TARGETS)
    saved = ["multi_modal_projector"] if any("projector" in name for name in tensors) else None
    write_json(folder / "adapter_config.json", {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": alpha,
        "lora_dropout": 0.0, "use_rslora": rslora, "bias": "none", "inference_mode": True,
        "target_modules": rf".*language_model.*\.({modules})", "modules_to_save": saved})
    save_file({tensor_names.in_adapter(name): tensor for name, tensor in tensors.items()},
              folder / "adapter_model.safetensors", metadata={"format": "pt"})


def write_projector(folder, tensors):
    """What stage 1 leaves: LLaVA's names, no configuration."""
    folder.mkdir(parents=True)
    save_file({tensor_names.on_disk(name, "llava"): tensor for name, tensor in tensors.items()},
              folder / "mm_projector.safetensors", metadata={"format": "pt"})


@dataclasses.dataclass
class Example:
    """One record: ids, where images go, which tokens are learned, and the images' features."""
    name: str
    ids: list
    positions: list
    order: list
    spans: list
    # One tensor [rows, width] an image, by its number; pixels [side, side, 3] where `image_rows`
    # says how many rows of features each of them gives.
    images: list
    image_rows: int | None = None

    def labels(self):
        """For each row of the spliced sequence its own id where that is learned, else -100."""
        own = [-100] * len(self.ids)
        for start, end in self.spans:
            own[start:end] = self.ids[start:end]
        rows, begin = [], 0
        for position, image in zip(self.positions, self.order, strict=True):
            rows += own[begin:position] + [-100] * (self.image_rows or len(self.images[image]))
            begin = position
        return rows + own[begin:]


def make_examples(shape, count, generator, images=(0, 1, 1, 2), mute=(), max_length=None,
                  pixels=False):
    """`images`: how many a record has, by turns; `mute`: records that have nothing to learn.
    `pixels`: images are such, and not features. With `max_length` every other record keeps something to learn when it is cut there."""
    def below(limit, least=0):
        return int(torch.randint(least, limit, (), generator=generator))

    examples, words = [], shape.language["vocab_size"] - 2
    while len(examples) < count:
        number, length = len(examples), below(15, least=7)
        ids = [1] + [below(words, least=3) for _ in range(length - 1)]
        amount = images[number % len(images)]
        positions = sorted(below(length + 1, least=1) for _ in range(amount))
        order = list(range(amount))[::-1] if number % 3 == 0 else list(range(amount))
        # The first span may follow an image at once, so that an image's row learns a word.
        middle = below(length - 2, least=1)
        spans = [[middle, middle + 2], [length - 1, length]] if number % 2 else [[middle, length]]
        side = shape.vision["image_size"]
        if pixels:
            pictures = [torch.randint(256, (side, side, 3), generator=generator,
                                      dtype=torch.uint8) for _ in range(amount)]
        else:
            pictures = [torch.randn((below(6, least=2), shape.vision["hidden_size"]),
                                    generator=generator) for _ in range(amount)]
        example = Example(f"record-{number}", ids, positions, order,
                          [] if number in mute else spans, pictures,
                          shape.image_rows if pixels else None)
        kept = example.labels()[1:max_length]
        if number in mute or any(label >= 0 for label in kept):
            examples.append(example)
    return examples


def prompt_of(example):
    return {"template": "plain", "segments": [], "stop": [], "tokens": example.ids,
            "image_positions": example.positions, "image_order": example.order,
            "loss_spans": example.spans}


def write_pixels(path, shape, examples):
    """A stream as `clip-encode --emit pixels` writes it."""
    side = shape.vision["image_size"]
    records = [(example.name, {"id": example.name, "prompt": prompt_of(example)}, {
        "pixels": torch.stack(example.images) if example.images
        else torch.empty((0, side, side, 3), dtype=torch.uint8)}) for example in examples]
    path.write_bytes(streams.written("pixels", {
        "pixels": {"dtype": "U8", "shape": [None, side, side, 3]}}, records))


def write_stream(path, shape, examples, dtype=torch.float32):
    """Returns the examples with the features as the file has them, in float32."""
    width, rounded, records = shape.vision["hidden_size"], [], []
    for example in examples:
        images = [image.to(dtype) for image in example.images]
        rounded.append(dataclasses.replace(example, images=[image.float() for image in images]))
        records.append((example.name, {"id": example.name, "prompt": prompt_of(example)}, {
            "features": torch.cat(images) if images else torch.empty((0, width), dtype=dtype),
            "image_rows": torch.tensor([len(image) for image in images], dtype=torch.int32)}))
    name = {torch.float32: "F32", torch.bfloat16: "BF16"}[dtype]
    path.write_bytes(streams.written("clip-features", {
        "features": {"dtype": name, "shape": [None, width]},
        "image_rows": {"dtype": "I32", "shape": [None]}}, records))
    return rounded
