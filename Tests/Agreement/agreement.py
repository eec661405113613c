"""Compares every stage of the tools with PyTorch on a random LLaVA of true widths.

SPDX-License-Identifier: Apache-2.0

    python Tests/Agreement/agreement.py --tools .build/release
Prints one table and exits with 1 if a stage misses its bound. Each stage is given the tools' own
result of the stage before, so that an error is charged to the stage that makes it; the greedy
text at the end is compared with PyTorch going all the way from the picture by itself.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sentencepiece
import torch
from PIL import Image
from transformers import LlavaForConditionalGeneration
from transformers.utils import logging

import conversion
import quantisation
import quantised_products
import random_llava
import streams
import training
from verdicts import Table

try:
    from transformers import CLIPImageProcessorPil as ImageProcessor
except ImportError:  # before transformers 5 the plain name is the one that uses Pillow
    from transformers import CLIPImageProcessor as ImageProcessor

logging.disable_progress_bar()

QUESTION = "Describe this image."
NEW_TOKENS = 12

# Every command line of the tools that this file runs. M: model folder, I: folder of images,
# P: precision, J: threads.
COMMANDS = {
    "prompts": ["convo-format", "--plain", "--tokenizer", "{M}", "--ask", QUESTION],
    "pixels": ["clip-encode", "-m", "{M}", "--image-root", "{I}", "-j", "{J}", "--emit", "pixels"],
    "features": ["clip-encode", "-m", "{M}", "--image-root", "{I}", "-j", "{J}",
                 "--precision", "{P}"],
    "embeddings": ["llava-project", "-m", "{M}", "-j", "{J}", "--precision", "{P}"],
    "logits": ["vicuna-decode", "-m", "{M}", "-j", "{J}", "--precision", "{P}",
               "--emit", "logits"],
    "text": ["vicuna-decode", "-m", "{M}", "-j", "{J}", "--precision", "{P}",
             "--max-tokens", str(NEW_TOKENS)]}
BOUNDS = {("features", "f32"): 1e-5, ("embeddings", "f32"): 1e-5, ("logits", "f32"): 1e-4}
COSINE = 0.9995


class StageTable(Table):
    """Rows for tensors of the same place in both."""

    def compare(self, stage, precision, pairs):
        """Rows for (ours, theirs) pairs: relative error in f32, least cosine in bf16."""
        pairs = [(ours.float(), theirs.float()) for ours, theirs in pairs]
        for ours, theirs in pairs:
            if ours.shape != theirs.shape:
                self.row(stage, precision, f"shape {list(theirs.shape)}", f"{list(ours.shape)}",
                         False)
                return
        if not all(number.isfinite().all() for pair in pairs for number in pair):
            # `max` and `min` below would let a NaN pass.
            self.row(stage, precision, "finite", "not finite", False)
        elif precision == "f32":
            bound = BOUNDS[stage, precision]
            error = max(((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)
            self.row(stage, precision, f"relative error {bound:g}", f"{error:.2e}", error <= bound)
        else:
            least = min(torch.cosine_similarity(a, b, -1).min().item() for a, b in pairs)
            self.row(stage, precision, f"cosine a row > {COSINE}", f"{least:.6f}", least > COSINE)


class Tools:
    def __init__(self, folder, model, images, threads):
        self.folder = folder
        self.values = {"M": model, "I": images, "J": threads}

    def run(self, command, data, precision="f32"):
        name, *arguments = COMMANDS[command]
        values = {**self.values, "P": precision}
        line = [str(self.folder / name)] + [part.format(**values) for part in arguments]
        done = subprocess.run(line, input=data, stdout=subprocess.PIPE)
        if done.returncode:
            sys.exit(f"{name} ended with status {done.returncode}: {' '.join(line)}")
        return done.stdout


class Reference:
    """PyTorch's answers, in float32 from the same BF16 weights."""

    def __init__(self, folder):
        self.model = LlavaForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager").eval()
        self.parts = self.model.model
        self.processor = ImageProcessor.from_pretrained(folder)
        self.pieces = sentencepiece.SentencePieceProcessor(str(folder / "tokenizer.model"))

    def bytes_of(self, path):
        """The picture resized and cropped, [side, side, 3] bytes."""
        kept = self.processor(Image.open(path), do_rescale=False, do_normalize=False)
        return torch.as_tensor(kept["pixel_values"][0]).permute(1, 2, 0).to(torch.uint8)

    def features(self, pixels):
        """`pixels`: [side, side, 3] bytes."""
        scaled = pixels.permute(2, 0, 1).float() / 255
        mean, deviation = torch.tensor(random_llava.MEAN), torch.tensor(random_llava.STD)
        inputs = (scaled - mean[:, None, None]) / deviation[:, None, None]
        states = self.parts.vision_tower(inputs[None], output_hidden_states=True).hidden_states
        return states[-2][0, 1:]

    def embeddings(self, features):
        return self.parts.multi_modal_projector(features.float())

    def tokens(self, prompt):
        """(ids, position of the image) by LLaVA's rule: each side of the image on its own."""
        before, after = prompt.split("<image>")
        ids = [1] + self.pieces.encode(before)
        return ids + self.pieces.encode(after), len(ids)

    def splice(self, ids, position, image):
        words = self.model.get_input_embeddings()(torch.tensor(ids))
        return torch.cat([words[:position], image.float(), words[position:]])[None]

    def logits(self, inputs):
        return self.model(inputs_embeds=inputs).logits[0]

    def greedy(self, inputs):
        """The greedy ids, and by how much each choice leads, as a share of the largest logit."""
        ids, leads, past = [], [], None
        for _ in range(NEW_TOKENS):
            out = self.model(inputs_embeds=inputs, past_key_values=past, use_cache=True)
            past, last = out.past_key_values, out.logits[0, -1]
            best = last.topk(2).values
            leads.append(((best[0] - best[1]) / last.abs().max()).item())
            ids.append(int(last.argmax()))
            inputs = self.model.get_input_embeddings()(torch.tensor([ids[-1:]]))
        return ids, leads


PROMPT = ("A chat between a curious user and an artificial intelligence assistant. The assistant "
          "gives helpful, detailed, and polite answers to the user's questions. "
          f"USER: <image>\n{QUESTION} ASSISTANT:")


def data_of(stream, name):
    return [tensors[name] for _, tensors in streams.records(stream)]


def check_text(table, reference, answers, expected):
    """Greedy text, equal up to a choice that PyTorch itself makes by a hair."""
    good, exact = True, 0
    for answer, (ids, leads) in zip(answers, expected, strict=True):
        sure = next((i for i, lead in enumerate(leads) if lead < BOUNDS["logits", "f32"]),
                    len(ids))
        exact += answer["text"].strip() == reference.pieces.decode(ids).strip()
        good &= answer["text"].strip().startswith(reference.pieces.decode(ids[:sure]).strip())
    table.row("greedy text", "f32", "equal", f"{exact} of {len(expected)} equal", good)


def check_converted(table, tools, model, picture):
    """The tools' logits with a converted model, against transformers' whole way to them."""
    given = Tools(tools.folder, model, picture.parent, tools.values["J"])
    prompts = given.run("prompts", (picture.name + "\n").encode())
    projected = given.run("embeddings", given.run("features", prompts))
    ours = data_of(given.run("logits", projected), "logits")
    reference = Reference(model)
    ids, position = reference.tokens(PROMPT)
    image = reference.embeddings(reference.features(reference.bytes_of(picture)))
    table.compare("logits", "f32", [(ours[0], reference.logits(
        reference.splice(ids, position, image)))])


def check(table, tools, reference, images, names):
    """Runs every stage on every image; returns whether all bounds held."""
    prompts = tools.run("prompts", "".join(name + "\n" for name in names).encode())
    records = [json.loads(line) for line in prompts.splitlines()]
    ids, position = reference.tokens(PROMPT)
    same = [record["prompt"]["tokens"] == ids and
            record["prompt"]["image_positions"] == [position] for record in records]
    table.row("text to ids", "-", "equal", f"{sum(same)} of {len(names)} equal",
              sum(same) == len(names))

    pixels = data_of(tools.run("pixels", prompts), "pixels")
    theirs = [reference.bytes_of(images / name) for name in names]
    same = [torch.equal(a[0], b) for a, b in zip(pixels, theirs, strict=True)]
    table.row("image to pixels", "u8", "equal", f"{sum(same)} of {len(names)} equal", all(same))
    expected = [reference.features(picture) for picture in theirs]

    for precision in ("f32", "bf16"):
        encoded = tools.run("features", prompts, precision)
        features = data_of(encoded, "features")
        table.compare("features", precision, list(zip(features, expected, strict=True)))
        projected = tools.run("embeddings", encoded, precision)
        embeddings = data_of(projected, "embeddings")
        table.compare("embeddings", precision,
                      [(a, reference.embeddings(f)) for a, f in zip(embeddings, features)])
        logits = data_of(tools.run("logits", projected, precision), "logits")
        inputs = [reference.splice(ids, position, image) for image in embeddings]
        table.compare("logits", precision,
                      [(a, reference.logits(i)) for a, i in zip(logits, inputs)])
        if precision == "f32":
            answers = [json.loads(line) for line in tools.run("text", projected).splitlines()]
            whole = [reference.splice(ids, position, reference.embeddings(f)) for f in expected]
            check_text(table, reference, answers, [reference.greedy(i) for i in whole])
    return not table.missed


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tools", type=Path, default=Path(".build/release"),
                         help="folder of the tools (.build/release)")
    options.add_argument("--shape", choices=list(random_llava.SHAPES), default="true",
                         help="true: LLaVA 1.5's widths; small: a quick try")
    options.add_argument("--images", type=int, default=3, help="number of pictures (3)")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--folder", type=Path,
                         help="where to make the model, about 2 GB (a temporary folder)")
    options.add_argument("--llama-cpp", default=os.environ.get("LLAMA_CPP") or ".build/llama.cpp",
                         help="folder of the builds of llama_cpp.sh, if there are any"
                         " (.build/llama.cpp)")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    began = time.time()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, torch.no_grad():
        model, images = Path(folder) / "model", Path(folder) / "images"
        random_llava.make_model(model, given.shape)
        names = random_llava.make_images(images, given.images)
        print(f"random model ({given.shape} widths) and {given.images} images made in"
              f" {time.time() - began:.0f} s", file=sys.stderr)
        tools = Tools(given.tools, model, images, given.threads)
        table = StageTable()
        good = check(table, tools, Reference(model), images, names)
        converted = conversion.check(
            table, given.tools, Path(folder) / "conversion", "small", images / names[0])
        check_converted(table, tools, converted, images / names[0])
        quantisation.check(table, given.tools, Path(folder) / "quantisation", "small")
        quantised_products.check(table, given.tools, Path(folder) / "products", given.threads,
                                 given.llama_cpp)
        training.check(table, given.tools, Path(folder) / "training", given.threads)
        good &= not table.missed
    print(f"all stages agree: {'yes' if good else 'NO'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
