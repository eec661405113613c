"""Holds llava-train's estimate of memory and time against what runs take, on six shapes.

SPDX-License-Identifier: Apache-2.0

    python Tests/Benchmarks/fit.py --tools .build/release --cache .build/fit
A row is a shape and what is trained of it. Memory: the estimate before the first step, the most that
the kernel saw resident (ru_maxrss), and their ratio. Time: what the status said was left after ten
steps, with what these took, over what the whole run took. Models and records are random, made once.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
MODES = {"pretrain": ["pretrain"], "lora": ["finetune", "--lora", "16"], "full": ["finetune"]}


def language(width, inner, layers, heads, shared, vocabulary=32064):
    return {"hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers,
            "num_attention_heads": heads, "num_key_value_heads": shared, "vocab_size": vocabulary}


def vision(width, side, layers=3):
    return {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": layers,
            "num_attention_heads": width // 64, "image_size": side, "patch_size": 14,
            "projection_dim": 64}


# Of each shape its widths, the tokens of its shortest and longest record, and options.
SHAPES = {
    "tiny": (None, None, (20, 60), ["--micro-batch", "4"]),
    "15M": (vision(256, 112), language(256, 704, 8, 8, 8, 16000), (30, 200),
            ["--micro-batch", "8"]),
    "160M": (vision(1024, 336), language(768, 2048, 12, 12, 12), (64, 512),
             ["--micro-batch", "2"]),
    "deep": (vision(256, 112), language(512, 1408, 32, 8, 2), (200, 1900),
             ["--micro-batch", "1", "--accumulate", "3"]),
    "1B": (vision(1024, 336), language(2048, 5632, 7, 32, 4), (40, 400),
           ["--micro-batch", "1"]),
    "7B-wide": (vision(1024, 336), language(4096, 11008, 1, 32, 32), (20, 300),
                ["--micro-batch", "2"])}


def write_model(folder, tower, decoder):
    """A model's directory, one layer's random values under every layer's name."""
    import models
    import random_llava
    import torch
    folder.mkdir()
    random_llava.write_settings(folder, tower, decoder)
    single = random_llava.make_tensors({**tower, "num_hidden_layers": 1},
                                       {**decoder, "num_hidden_layers": 1},
                                       torch.Generator().manual_seed(11))
    tensors = models.repeated(single, models.VISION_ROOT, tower["num_hidden_layers"])
    tensors = models.repeated(tensors, models.LANGUAGE_ROOT, decoder["num_hidden_layers"])
    models.save(tensors, folder / "model.safetensors")


def write_records(path, tower, lengths):
    """60 records of an image and from `lengths[0]` to `lengths[1]` tokens, as clip-encode does."""
    import numpy
    import streams
    import torch
    width, rows = tower["hidden_size"], (tower["image_size"] // tower["patch_size"]) ** 2
    chance = numpy.random.default_rng(5)
    records = []
    for index in range(60):
        length = int(chance.integers(lengths[0], lengths[1] + 1))
        length = lengths[1] if index == 40 else length
        ids = [1] + [int(token) for token in chance.integers(260, 390, length - 1)]
        prompt = {"template": "vicuna", "segments": [], "stop": [], "tokens": ids,
                  "image_positions": [1], "image_order": [0],
                  "loss_spans": [[length - length // 3, length]]}
        features = chance.normal(size=(rows, width)).astype(numpy.float16)
        records.append((f"r{index}", {"id": f"r{index}", "prompt": prompt},
                        {"features": torch.from_numpy(features),
                         "image_rows": torch.tensor([rows], dtype=torch.int32)}))
    schema = {"features": {"dtype": "F16", "shape": [None, width]},
              "image_rows": {"dtype": "I32", "shape": [None]}}
    path.write_bytes(streams.written("clip-features", schema, records))


def make(cache, name):
    """The directory of a shape's model and the file of its records."""
    folder = cache / name
    if folder.exists():
        return
    partial = cache / (name + ".part")
    subprocess.run(["rm", "-rf", partial], check=True)
    partial.mkdir(parents=True)
    tower, decoder, lengths, _ = SHAPES[name]
    if tower:
        write_model(partial / "model", tower, decoder)
    else:
        (partial / "model").symlink_to(HERE.parent.parent / "examples" / "tiny-llava")
        tower = json.loads((partial / "model" / "config.json").read_text())["vision_config"]
    write_records(partial / "records.tsz", tower, lengths)
    partial.rename(folder)


def bytes_of(text):
    """The bytes of `1.2 GiB`."""
    number, unit = text.split()
    return float(number.replace(",", "")) * UNITS[unit]


def seconds_of(text):
    """The seconds of `12 s`, `3 min`, `2 h 5 min` or `4 days`."""
    units = {"s": 1, "min": 60, "h": 3600, "days": 86400}
    return sum(float(number.replace(",", "")) * units[unit]
               for number, unit in re.findall(r"([\d.,]+) (s|min|h|days)\b", text))


def measure(tools, folder, arguments):
    """(estimated bytes, most bytes resident, seconds foretold after ten steps, seconds taken)."""
    with tempfile.TemporaryDirectory() as output:
        command = [tools / "llava-train", *arguments, "-m", folder / "model", "--verbose",
                   "--save-every", "0", "-o", Path(output) / "run", folder / "records.tsz"]
        process = subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE,
                                   text=True)
        lines, began, tenth = [], None, None
        for line in process.stderr:
            lines.append(line)
            if "time: about" in line:
                began = time.monotonic()
            if re.search(r": step 10/", line):
                left = seconds_of(line.rpartition("ETA ")[2])
                tenth = time.monotonic() - began + left
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise RuntimeError("".join(lines[-3:]))
        taken = time.monotonic() - began
    found = re.search(r"memory: about ([\d.,]+ [KMG]iB)", "".join(lines))
    return bytes_of(found[1]), usage.ru_maxrss * 1024, tenth, taken


def main():
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    found.add_argument("--tools", type=Path, default=Path(".build/release"))
    found.add_argument("--cache", type=Path, default=Path(".build/fit"), help="3 GB of models")
    found.add_argument("--steps", type=int, default=24)
    found.add_argument("--only", default=",".join(SHAPES), help="shapes, separated by commas")
    found.add_argument("--modes", default=",".join(MODES), help="pretrain,lora,full")
    found.add_argument("--make", metavar="SHAPE", help="make a shape's model and records, and stop")
    given, more = found.parse_known_args()
    if given.make:
        return make(given.cache, given.make)
    failed = False
    print("shape      trains     estimate  measured  ratio   foretold   taken  ratio")
    for name in given.only.split(","):
        # PyTorch's memory would be counted as the tool's, whose process begins as a copy of this.
        subprocess.run([sys.executable, __file__, "--cache", given.cache, "--make", name],
                       check=True)
        for mode in given.modes.split(","):
            arguments = [*MODES[mode], *SHAPES[name][3], "--steps", str(given.steps), *more]
            estimate, most, foretold, taken = measure(given.tools, given.cache / name, arguments)
            ratio = estimate / most
            failed |= not 0.9 <= ratio <= 1.1
            row = (f"{name:10} {mode:9} {estimate / 2**20:6.0f} MiB {most / 2**20:5.0f} MiB"
                   f"  {ratio:5.2f}")
            if foretold:
                row += f" {foretold:8.1f} s {taken:6.1f} s  {foretold / taken:5.2f}"
                failed |= not 0.85 <= foretold / taken <= 1.15
            print(row, flush=True)
    sys.exit(failed)


sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "Agreement"))
if __name__ == "__main__":
    main()
