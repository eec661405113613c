"""Makes random LLaVA models of full shapes, once, in a folder that is kept.

SPDX-License-Identifier: Apache-2.0

One layer's random values stand under every layer's name: the bytes that a step must read are as
many as a trained model's, and making them takes seconds. A deep model is a shallow one's file, by
a link, and a second shard with the further layers.
"""
import json
import os
import shutil
import sys
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Agreement"))
import random_llava  # noqa: E402  (found through the line above)

FULL = 32  # layers of 7B
SHALLOW = 2  # the second depth, from which the cost of a layer follows
POSITIONS = 4096
VISION_ROOT = "vision_tower.vision_model.encoder.layers."
LANGUAGE_ROOT = "language_model.model.layers."


def shape_of(name, side, layers):
    """(vision, language) settings of `true` or `small` widths."""
    vision, language = random_llava.SHAPES[name]
    if name == "small":
        side = {336: 56, 224: 42}[side]
    return {**vision, "image_size": side}, {**language, "num_hidden_layers": layers}


def repeated(tensors, root, layers):
    """`tensors` with layer 0 under `root` standing for all layers."""
    found = {}
    for name, tensor in tensors.items():
        if not name.startswith(root):
            found[name] = tensor
            continue
        number, part = name[len(root):].split(".", 1)
        assert number == "0"
        found.update({f"{root}{layer}.{part}": tensor for layer in range(layers)})
    return found


def weights(name, side, layers):
    """All tensors of a model; those of one kind share their memory."""
    vision, language = shape_of(name, side, layers)
    single = random_llava.make_tensors({**vision, "num_hidden_layers": 1},
                                       {**language, "num_hidden_layers": 1},
                                       torch.Generator().manual_seed(11))
    tensors = repeated(single, VISION_ROOT, vision["num_hidden_layers"])
    return repeated(tensors, LANGUAGE_ROOT, layers)


def save(tensors, path, kind="bf16"):
    """safetensors' own writer refuses tensors that share memory, and these do."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.numel() * 2
        header[name] = {"dtype": kind.upper(), "shape": list(tensor.shape),
                        "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            values = tensor.half() if kind == "f16" else tensor
            file.write(values.contiguous().view(torch.int16).numpy().data)


class Store:
    """The folder of models and pictures; what is missing is made."""

    def __init__(self, folder, name):
        self.folder = Path(folder).resolve() / name
        self.name = name
        self.folder.mkdir(parents=True, exist_ok=True)

    def make(self, target, fill):
        """`fill` a folder beside `target`, which appears when it is whole."""
        if not target.exists():
            print(f"making {target.name} ...", file=sys.stderr, flush=True)
            partial = target.with_name(target.name + ".part")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            fill(partial)
            partial.rename(target)
        return target

    def llava(self, layers, side=336, kind="bf16"):
        """A llava-hf directory; SHALLOW layers or fewer in one file, more in two shards."""
        vision, language = shape_of(self.name, side, layers)

        def fill(folder):
            random_llava.write_settings(folder, vision, language)
            if layers <= SHALLOW:
                save(weights(self.name, side, layers), folder / "model.safetensors", kind)
                return
            shallow = self.llava(SHALLOW, side, kind) / "model.safetensors"
            shards = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
            os.symlink(shallow, folder / shards[0])
            with safe_open(shallow, "pt") as file:
                places = {name: shards[0] for name in file.keys()}
                root = LANGUAGE_ROOT + "0."
                single = {name[len(root):]: file.get_tensor(name)
                          for name in places if name.startswith(root)}
            further = {f"{LANGUAGE_ROOT}{layer}.{part}": tensor
                       for layer in range(SHALLOW, layers) for part, tensor in single.items()}
            save(further, folder / shards[1], kind)
            places.update({name: shards[1] for name in further})
            random_llava.write_json(folder / "model.safetensors.index.json",
                                    {"metadata": {}, "weight_map": places})
        suffix = "" if kind == "bf16" else f"-{kind}"
        return self.make(self.folder / f"llava-{side}-{layers}-layers{suffix}", fill)

    def gguf(self, kind, layers=None, side=None):
        """llama.cpp's file: `kind` is F16 or Q4_0 of the language model, or mmproj."""
        import gguf_models
        name = f"{kind}-{side or layers}"

        def fill(folder):
            if kind == "mmproj":
                source = self.llava(SHALLOW if side == 336 else 1, side)
                gguf_models.write_tower(folder / "model.gguf", source,
                                        shape_of(self.name, side, 1)[0])
            else:
                gguf_models.write_language(folder / "model.gguf", self.llava(SHALLOW),
                                           shape_of(self.name, 336, layers)[1], kind)
        return self.make(self.folder / name, fill) / "model.gguf"

    def pictures(self, count, side=336):
        """Square JPEGs that need no resizing, all different; the path of their folder."""
        def fill(folder):
            chance = numpy.random.default_rng(13)
            for index in range(count):
                coarse = chance.integers(0, 256, (9, 9, 3), numpy.uint8)
                smooth = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
                rough = chance.integers(-16, 17, (side, side, 3))
                pixels = (numpy.asarray(smooth) + rough).clip(0, 255).astype(numpy.uint8)
                Image.fromarray(pixels).save(folder / f"{index:03}.jpg", quality=90)
        return self.make(self.folder / f"pictures-{count}", fill)
