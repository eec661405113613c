"""What training leaves, given to transformers, to peft and to the other tools.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import json

import torch
from peft import PeftModel
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import LlavaForConditionalGeneration
from transformers.utils import logging

import streams
import tensor_names
from tensor_names import canonical
from training_reference import Reference
from training_tool import result_of

logging.disable_progress_bar()

# The tools' and PyTorch's float32, as a share of the largest value.
BOUND = 1e-5


def relative(ours, theirs):
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def names_of(folder):
    """The names in the weights of a directory, as they stand there."""
    names = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            names |= set(file.keys())
    return names


def stream_of(problem, images_of):
    """Every record's rows as `llava-project` hands them on."""
    records = []
    for example in problem.examples:
        prompt = {"template": "plain", "segments": [], "stop": [], "tokens": example.ids,
                  "image_positions": example.positions, "image_order": example.order}
        rows = [images_of(image) for image in example.images]
        hidden = problem.shape.language["hidden_size"]
        records.append((example.name, {"id": example.name, "prompt": prompt}, {
            "embeddings": torch.cat(rows) if rows else torch.empty((0, hidden)),
            "image_rows": torch.tensor([len(image) for image in rows], dtype=torch.int32)}))
    return streams.written("projected", {
        "embeddings": {"dtype": "F32", "shape": [None, hidden]},
        "image_rows": {"dtype": "I32", "shape": [None]}}, records)


def check_logits(table, title, trainer, problem, logits_of, images_of, options):
    """`vicuna-decode` with what was trained, against `logits_of` of each spliced sequence."""
    few = dataclasses.replace(problem, examples=problem.examples[:6])
    done = trainer.run("vicuna-decode", *options, "--precision", "f32", "--emit", "logits",
                       "-j", trainer.threads, data=stream_of(few, images_of))
    errors = [relative(tensors["logits"], logits_of(example))
              for (_, tensors), example in zip(streams.records(done), few.examples, strict=True)]
    table.row(f"{title}: vicuna-decode", "f32", f"{BOUND:g}", f"{max(errors):.1e}",
              max(errors) <= BOUND)


def same_rows(written, initial):
    """A vocabulary gets rows for special tokens when it is written."""
    return torch.equal(written[:len(initial)], initial)


def spliced(words, images_of, example):
    pieces, begin = [], 0
    for position, image in zip(example.positions, example.order, strict=True):
        pieces += [words[begin:position], images_of(example.images[image])]
        begin = position
    return torch.cat(pieces + [words[begin:]])[None]


def check_projector(table, trainer, problem, result):
    """Stage 1 leaves a projector with published names, and `llava-project` takes it."""
    title, shape = problem.case.name, problem.shape
    wanted = {name for name in problem.weights if name.startswith("projector.")}
    spellings = [{tensor_names.on_disk(name, layout, shape.depth == 1) for name in wanted}
                 for layout in ("llava", "llava-hf")]
    table.row(f"{title}: names", "-", "those of LLaVA", ", ".join(sorted(names_of(result)))[:28],
              names_of(result) in spellings)
    if names_of(result) not in spellings:
        return
    reference = Reference(dataclasses.replace(problem, start=result_of(result)), torch.float32)
    done = trainer.run("llava-project", "-m", trainer.folder / "model", "--projector", result,
                       "--precision", "f32", trainer.folder / "features.tsz")
    errors = [relative(tensors["embeddings"], reference.projector(torch.cat(example.images)))
              for (_, tensors), example in zip(streams.records(done), problem.examples)
              if example.images]
    table.row(f"{title}: llava-project", "f32", f"{BOUND:g}", f"{max(errors):.1e}",
              max(errors) <= BOUND)


def check_adapter(table, trainer, problem, result):
    """peft loads the adapter in one step, with the projector inside, and computes the same."""
    title, model = problem.case.name, trainer.folder / "model"
    base = LlavaForConditionalGeneration.from_pretrained(
        model, dtype=torch.float32, attn_implementation="eager")
    loaded = PeftModel.from_pretrained(base, result).eval()
    written = {canonical(name): tensor for name, tensor
               in load_file(result / "adapter_model.safetensors").items()}
    state = {canonical(name): tensor for name, tensor in loaded.state_dict().items()
             if "original_module" not in name}
    wrong = [name for name, tensor in written.items()
             if name not in state or not torch.equal(state[name].float(), tensor.float())]
    # Also where it was frozen: the start's projector is not the base's.
    projectors = {name for name in problem.weights if name.startswith("projector.")}
    wrong += sorted(({name for name in state if ".lora_" in name} | projectors) - set(written))
    if problem.case.freeze_projector:
        wrong += [name for name in projectors & set(written)
                  if not torch.equal(written[name], problem.initial()[name])]
    table.row(f"{title}: PeftModel", "-", "every tensor in place", f"{len(wrong)} wrong",
              not wrong)
    config = json.loads((result / "adapter_config.json").read_text())
    adapter = problem.case.adapter
    told = (config["r"], config["lora_alpha"], config.get("use_rslora", False))
    table.row(f"{title}: adapter_config", "-", "rank, alpha, rslora", str(told),
              told == (adapter.rank, adapter.alpha, adapter.rslora))

    reference = Reference(dataclasses.replace(problem, start=written), torch.float32).eval()
    projector = loaded.base_model.model.model.multi_modal_projector

    def logits_of(example):
        words = loaded.get_input_embeddings()(torch.tensor(example.ids))
        return loaded(inputs_embeds=spliced(words, projector, example)).logits[0]

    def reference_logits(example):
        words = reference.language.get_input_embeddings()(torch.tensor(example.ids))
        return reference.language(
            inputs_embeds=spliced(words, reference.projector, example)).logits[0]

    errors = [relative(logits_of(example), reference_logits(example))
              for example in problem.examples[:6]]
    table.row(f"{title}: logits by peft", "f32", f"{BOUND:g}", f"{max(errors):.1e}",
              max(errors) <= BOUND)
    check_logits(table, title, trainer, problem, logits_of, projector,
                 ["-m", model, "--lora", result])


def check_full(table, trainer, problem, result):
    """transformers loads the directory with no key missing or left over; so do the tools."""
    title = problem.case.name
    loaded, report = LlavaForConditionalGeneration.from_pretrained(
        result, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    wrong = sum(len(report[key]) for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    table.row(f"{title}: transformers", "-", "every key in place", f"{wrong} wrong", wrong == 0)
    found = result_of(result)
    lost = [name for name, tensor in problem.weights.items() if not problem.trains(name)
            and (name not in found or not same_rows(found[name], problem.initial()[name]))]
    table.row(f"{title}: frozen tensors", "-", "as they were", f"{len(lost)} changed", not lost)
    if wrong or lost:
        return
    loaded.eval()
    projector = loaded.model.multi_modal_projector
    towers = {name: tensor for name, tensor in found.items() if name.startswith("vision.")}
    reference = Reference(dataclasses.replace(problem, start=towers), torch.float32)

    def images_of(image):
        return projector(reference.features(image))

    def logits_of(example):
        words = loaded.get_input_embeddings()(torch.tensor(example.ids))
        return loaded(inputs_embeds=spliced(words, images_of, example)).logits[0]

    check_logits(table, title, trainer, problem, logits_of, images_of, ["-m", result])


def check(table, trainer, problem, result):
    case = problem.case
    if case.adapter:
        check_adapter(table, trainer, problem, result)
    elif not case.train_vision and (case.stage == "pretrain" or case.freeze_language):
        check_projector(table, trainer, problem, result)
    else:
        check_full(table, trainer, problem, result)
