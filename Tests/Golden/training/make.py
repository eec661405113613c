"""Makes the tiny models and records of this folder and what PyTorch's training makes of them.

SPDX-License-Identifier: Apache-2.0

Needs torch, transformers, peft, safetensors, sentencepiece and zstandard:
python Tests/Golden/training/make.py
README.md beside this file says what each file holds.
"""
import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "Agreement"))

import tensor_names
import training_compare
import training_models
from training_cases import Adapter, Case, Muon, Problem
from training_models import Shape
from training_reference import train

VISION = {"hidden_size": 12, "intermediate_size": 8, "num_hidden_layers": 1,
          "num_attention_heads": 2, "image_size": 8, "patch_size": 4, "projection_dim": 8}
LANGUAGE = {"hidden_size": 16, "intermediate_size": 19, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 33}
SHAPES = {"model": Shape(LANGUAGE, VISION),
          "tied": Shape({**LANGUAGE, "num_hidden_layers": 1, "tie_word_embeddings": True}, VISION)}
SEEING = Shape({**LANGUAGE, "num_hidden_layers": 1}, {**VISION, "num_hidden_layers": 3})
RECORDS = 6
LONGEST = 12
CASES = [
    Case("stage1", "model", stage="pretrain", rate=2e-3, warmup_ratio=0.1, clip=1.0, norm="micro",
         accumulate=3),
    Case("full", "model", rate=1e-3, projector_rate=2e-3, schedule="linear", warmup_steps=2,
         accumulate=3),
    Case("lora", "model", adapter=Adapter(2, 4), rate=2e-3, projector_rate=1e-3, clip=1.0,
         schedule="constant", accumulate=3),
    Case("rslora", "model", adapter=Adapter(2, 3, rslora=True), rate=2e-3, warmup_ratio=0.1,
         norm="micro"),
    Case("tied", "tied", rate=1e-3, warmup_steps=1, clip=1.0, max_length=LONGEST, norm="micro",
         accumulate=3),
    Case("muon", "model", rate=1e-3, muon=Muon(5e-3, adjust="original"), warmup_steps=1, clip=1.0)]
VISION_CASE = Case("vision", "seeing", train_vision=True, rate=1e-3, projector_rate=2e-3,
                   vision_rate=5e-4, schedule="linear", warmup_steps=2, clip=1.0, accumulate=3,
                   max_length=LONGEST)


def remove_old():
    for path in HERE.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix in (".json", ".safetensors", ".tsz"):
            path.unlink()


def write_case(problem):
    """Numbers of float64, and the check that PyTorch's float32 lies well within the bounds."""
    case = problem.case
    exact = train(problem, padded=False)
    table = training_compare.Table()
    training_compare.compare(table, case.name, case.rate, train(problem, torch.float32), exact)
    assert not table.missed and training_compare.finite(exact)

    def save(tensors, name):
        save_file({tensor_names.on_disk(known): value.float().contiguous()
                   for known, value in tensors.items()}, HERE / name, metadata={"format": "pt"})

    save(exact.gradients, f"{case.name}.safetensors")
    if case.name in ("stage1", "lora", "muon"):
        save(exact.trained, f"{case.name}-trained.safetensors")
    adapter = case.adapter and {"directory": case.name, "rank": case.adapter.rank,
                                "alpha": case.adapter.alpha, "rslora": case.adapter.rslora}
    content = {
        "command": case.stage, "model": case.shape, "adapter": adapter,
        "steps": case.steps, "micro_batch": case.micro, "accumulate": case.accumulate,
        "lr": case.rate, "projector_lr": case.projector_rate,
        **({"vision_lr": case.vision_rate} if case.train_vision else {}), "weight_decay": case.decay,
        "betas": list(case.betas), "eps": case.epsilon, "schedule": case.schedule,
        "warmup_steps": case.warmup, "clip": case.clip, "loss_norm": case.norm,
        "max_length": case.max_length, "losses": exact.losses, "grad_norms": exact.norms,
        "rates": exact.rates, "tokens": exact.rows, "loss_tokens": exact.labels}
    if case.muon:
        content["muon"] = {"lr": case.muon.rate, "momentum": case.muon.momentum,
                           "adjust": case.muon.adjust}
    lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}"
                       for key, value in content.items())
    (HERE / f"{case.name}.json").write_text(f"{{\n{lines}\n}}\n")


def main():
    remove_old()
    generator = torch.Generator().manual_seed(41)
    weights = {}
    for name, shape in SHAPES.items():
        weights[name] = training_models.make_tensors(shape, generator)
        training_models.write_model(HERE / name, shape, weights[name], tokenizer=False)
    examples = training_models.make_examples(
        SHAPES["model"], RECORDS, generator, max_length=LONGEST)
    examples = training_models.write_stream(HERE / "records.tsz", SHAPES["model"], examples)
    for case in CASES:
        shape, start = SHAPES[case.shape], {}
        if case.adapter:
            other = training_models.make_tensors(shape, generator)
            start = {name: other[name] for name in other if name.startswith("projector.")}
            start |= training_models.adapter_tensors(shape, case.adapter.rank, generator)
            training_models.write_adapter(HERE / case.name, start, case.adapter.rank,
                                          case.adapter.alpha, case.adapter.rslora)
        write_case(Problem(case, shape, weights[case.shape], start, examples))
    make_vision(torch.Generator().manual_seed(43))


def make_vision(generator):
    weights = training_models.make_tensors(SEEING, generator)
    training_models.write_model(HERE / "seeing", SEEING, weights, tokenizer=False)
    examples = training_models.make_examples(
        SEEING, RECORDS, generator, max_length=LONGEST, pixels=True)
    training_models.write_pixels(HERE / "pixels.tsz", SEEING, examples)
    write_case(Problem(VISION_CASE, SEEING, weights, {}, examples))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    main()
