"""Measures how far logits of quantised models are from exact ones, for every format and way to multiply.

SPDX-License-Identifier: Apache-2.0

    python Tests/Agreement/quantised_products.py --tools .build/release --llama-cpp .build/llama.cpp
Two things make a quantised model's logits differ: its weights are other numbers, and its products are
rounded. The first is measured by f32 of the quantised file against f32 of the model it was made of, the
second by --activations int8 and bf16 against f32 of the same file, and by llama.cpp on that file.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import gguf
import numpy
import torch

import llama_logits
import random_llava
import streams
from verdicts import Table

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
FORMATS = ["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_1", "Q5_0", "Q4_K_M", "Q4_1", "Q4_0"]
# Widths that are whole blocks of 256, so that every matrix is in the K kinds; heads of 64, two queries a
# key as in Mistral.
WIDE = ({"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 3,
         "num_attention_heads": 2, "image_size": 112, "patch_size": 14, "projection_dim": 64},
        {"hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 3,
         "num_attention_heads": 8, "num_key_value_heads": 4, "vocab_size": 512})
Distance = namedtuple("Distance", "cosine divergence agreement typical")
Bound = namedtuple("Bound", "cosine divergence")
# About three times what was measured on the model where it was more.
WEIGHTS = {"F16": Bound(1e-10, 1e-9), "Q8_0": Bound(5e-4, 6e-3), "Q6_K": Bound(5e-3, 3e-2),
           **dict.fromkeys(["Q5_K_M", "Q5_1", "Q5_0"], Bound(3e-2, 0.2)),
           "Q4_K_M": Bound(7e-2, 0.4), **dict.fromkeys(["Q4_1", "Q4_0"], Bound(0.1, 0.8))}
PRODUCTS = {"int8": Bound(1e-3, 1e-2), "bf16": Bound(7e-5, 1.2e-2)}
# Both round inputs to the same integers, so that neither is nearer but by chance and by what lies between
# the products (we suppose bf16, where llama.cpp has f16): measured 0.95 to 1.2 times its divergence.
CHANCE = 1.3


def distance(found, expected):
    """Of logits [rows, vocabulary] from expected ones: the mean over rows of 1 - cosine, that of the
    Kullback-Leibler divergence in nats, the share of rows whose largest logit is the same one, and the
    divergence's geometric mean: a few rows, where two tokens are level, make up most of the other."""
    if found.shape != expected.shape or not found.isfinite().all():
        return Distance(2.0, float("inf"), 0.0, float("inf"))
    found, expected = found.double(), expected.double()
    shares = expected.log_softmax(-1)
    divergences = (shares.exp() * (shares - found.log_softmax(-1))).sum(-1)
    cosine = 1 - torch.cosine_similarity(found, expected, -1).mean()
    agreement = (found.argmax(-1) == expected.argmax(-1)).double().mean()
    return Distance(cosine.item(), divergences.mean().item(), agreement.item(),
                    divergences.clamp_min(1e-15).log().mean().exp().item())


def shown(found):
    return f"{found.cosine:.1e} {found.divergence:.1e} {found.agreement:.2%}"


def run(command, data=None):
    done = subprocess.run([str(part) for part in command], input=data, stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{Path(command[0]).name} ended with status {done.returncode}: {command}")
    return done.stdout


def conversations(count):
    """Some bundled pictures with all questions and answers of the tiny model's exam, one record each."""
    turns = {}
    for line in (EXAMPLES / "tiny-llava" / "expected-answers.jsonl").read_text().splitlines():
        record = json.loads(line)
        turns.setdefault(record["image"], []).extend(
            [{"from": "human", "value": record["question"]},
             {"from": "gpt", "value": record["answer"]}])
    for picture, found in list(turns.items())[:count]:
        found[0]["value"] = "<image>\n" + found[0]["value"]
        yield {"id": picture, "image": picture, "conversations": found}


class Subject:
    """A model, its sequences as embeddings of images and ids of tokens, and its exact logits."""

    def __init__(self, tools, model, folder, threads, pictures):
        self.tools, self.model, self.folder, self.threads = tools, model, folder, threads
        folder.mkdir(parents=True)
        lines = "".join(json.dumps(record) + "\n" for record in conversations(pictures)).encode()
        prompts = run([tools / "convo-format", "-q", "--train", "--template", "vicuna_v1", "--tokenizer",
                       model, "--max-length", 2048], lines)
        features = run([tools / "clip-encode", "-q", "-m", model, "--image-root", EXAMPLES / "images",
                        "--precision", "f32"], prompts)
        self.stream = run([tools / "llava-project", "-q", "-m", model, "--precision", "f32"], features)
        self.exact = self.logits(model, "--precision", "f32")

    def logits(self, model, *options):
        """[all rows of words of all sequences, vocabulary]."""
        found = run([self.tools / "vicuna-decode", "-q", "-m", model, "-j", self.threads, "--emit",
                     "logits", *options], self.stream)
        return self.of_words([tensors["logits"].float() for _, tensors in streams.records(found)])

    def of_words(self, sequences):
        """The rows that follow a word. Nothing was ever learned of what follows a row of an image, and
        a few such rows would make up most of a mean divergence."""
        kept = []
        for logits, (metadata, tensors) in zip(sequences, streams.records(self.stream), strict=True):
            place = json.loads(metadata["json"])["prompt"]["image_positions"][0]
            kept += [logits[:place], logits[place + tensors["embeddings"].shape[0]:]]
        return torch.cat(kept)

    def quantised(self, kind):
        """The directory of the model in a format."""
        out = self.folder / kind
        run([self.tools / "llava-weights", "quantize", "-q", self.model, "-o", out, "--format", kind])
        return out

    def inputs(self, path):
        """What a language model in `path` is given: rows of its own embedding, and the images'."""
        tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
        rows = tensors["token_embd.weight"]
        words = gguf.quants.dequantize(rows.data, rows.tensor_type)
        found = {}
        for index, (metadata, tensors) in enumerate(streams.records(self.stream)):
            prompt = json.loads(metadata["json"])["prompt"]
            place = prompt["image_positions"][0]
            ids = words[prompt["tokens"]]
            image = tensors["embeddings"].float().numpy()
            found[f"{index:03}"] = numpy.concatenate([ids[:place], image, ids[place:]])
        return found

    def peer(self, builds, model):
        """llama.cpp's logits of the same sequences with the same file."""
        path = next(model.glob("model-*.gguf"))
        inputs, out = self.folder / "inputs.npz", self.folder / "logits.npz"
        numpy.savez(inputs, **self.inputs(path))
        run([sys.executable, llama_logits.__file__, builds, path, inputs, out, self.threads])
        with numpy.load(out) as found:
            return self.of_words([torch.from_numpy(found[name]) for name in sorted(found)])


def row(table, stage, way, bound, near, far):
    """Judges `near`, the distance from f32 of the same weights; None where that is what is judged."""
    judged = near or far
    table.row(stage, way, f"cosine {bound.cosine:.0e}, KL {bound.divergence:.0e}",
              f"{shown(near) if near else '':<23} | {shown(far)}",
              judged.cosine <= bound.cosine and judged.divergence <= bound.divergence)


def check_format(table, what, subject, kind, builds):
    """Rows for the exact weights of a format, our ways to multiply by them, and llama.cpp's."""
    model = subject.quantised(kind)
    same = subject.logits(model, "--precision", "f32")
    row(table, f"{what} {kind}: weights", "f32", WEIGHTS[kind], None, distance(same, subject.exact))
    mine = None
    for way in ["bf16"] if kind == "F16" else ["int8", "bf16"]:
        found = subject.logits(model, "--activations", way)
        near = distance(found, same)
        mine = mine or near
        row(table, f"{what} {kind}: products", way, PRODUCTS[way], near,
            distance(found, subject.exact))
    if builds:
        check_peer(table, f"{what} {kind}", mine, subject.peer(builds, model), same, subject.exact)


def check_peer(table, name, mine, theirs, same, exact):
    """llama.cpp's row, which fails where ours are farther from f32 of the same weights."""
    near, judged = distance(theirs, same), not name.endswith("F16")
    times = mine.typical / near.typical
    table.row(f"{name}: llama.cpp", "its own", f"ours within {CHANCE}" if judged else "not judged",
              f"{shown(near)} | {shown(distance(theirs, exact))}, ours {times:.2f}",
              not judged or times <= CHANCE)


def check(table, tools, folder, threads, llama_cpp, formats=FORMATS):
    """All formats on the bundled tiny model and on a random one of larger widths."""
    found = llama_logits.bindings(llama_cpp)
    builds = None if isinstance(found, str) else llama_cpp
    if not builds:
        print(f"llama.cpp is not compared: {found}")
    print("logits of quantised models, against f32 of the same weights | of the model they were made"
          " of: 1 - cosine, divergence in nats, the same next token")
    wide = folder / "wide-model"
    random_llava.make_model_of(wide, *WIDE)
    for what, model, pictures in (("tiny", EXAMPLES / "tiny-llava", 6), ("wide", wide, 2)):
        subject = Subject(tools, model, folder / what, threads, pictures)
        for kind in formats:
            check_format(table, what, subject, kind, builds)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tools", type=Path, default=Path(".build/release"))
    options.add_argument("--llama-cpp", default=os.environ.get("LLAMA_CPP") or ".build/llama.cpp",
                         help="folder of the builds of llama_cpp.sh (.build/llama.cpp)")
    options.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options.add_argument("--formats", default=",".join(FORMATS))
    given = options.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        check(table, given.tools, Path(folder) / "quantised", given.threads, given.llama_cpp,
              given.formats.split(","))
    sys.exit(table.missed)


if __name__ == "__main__":
    main()
