"""Trains with PyTorch's autograd and optimiser, transformers' LLaMA and peft's adapters.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import dataclasses
import re
import types
import warnings

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch.nn import functional
from transformers import (CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM,
                          get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup,
                          get_linear_schedule_with_warmup)

import training_models
from tensor_names import canonical

SCHEDULES = {
    "cosine": get_cosine_schedule_with_warmup, "linear": get_linear_schedule_with_warmup,
    "constant": lambda optimizer, warmup, steps: get_constant_schedule_with_warmup(
        optimizer, warmup)}


@dataclasses.dataclass
class Run:
    """What one side did with a problem; tensors by canonical names."""
    losses: list
    # Before clipping.
    norms: list
    # The language model's; those of projector and tower follow the same schedule.
    rates: list
    # Of the first step, before clipping.
    gradients: dict
    # Every trained tensor before and after.
    initial: dict
    trained: dict
    # For each step: ids of its records, rows of their sequences, labels that count.
    ids: list
    rows: list
    labels: list


def exact_norm(self, states):
    """LlamaRMSNorm without its detour through float32."""
    return self.weight * states * torch.rsqrt(
        states.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)


class ExactRotary(nn.Module):
    """LlamaRotaryEmbedding in float64."""

    def __init__(self, settings):
        super().__init__()
        width = settings["hidden_size"] // settings["num_attention_heads"]
        base = settings["rope_theta"]
        self.frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)

    def forward(self, states, position_ids):
        angles = position_ids[..., None].double() * self.frequencies
        angles = torch.cat((angles, angles), dim=-1)
        return angles.cos(), angles.sin()


def language_model(shape, dtype):
    """In float64 with nothing rounded to float32 on the way; else as transformers has it."""
    exact = dtype == torch.float64
    # The fused attention stays in float64, the eager one takes the softmax in float32.
    settings = training_models.text_settings(shape)
    config = LlamaConfig(**settings, attn_implementation="sdpa" if exact else "eager")
    model = LlamaForCausalLM(config).to(dtype)
    if exact:
        model.model.rotary_emb = ExactRotary(settings)
        for module in model.modules():
            if type(module).__name__ == "LlamaRMSNorm":
                module.forward = types.MethodType(exact_norm, module)
    return model


def vision_tower(shape, dtype):
    """CLIP's; nothing of it is rounded to float32 in float64."""
    config = CLIPVisionConfig(
        hidden_act="quick_gelu", layer_norm_eps=1e-5, **shape.vision,
        attn_implementation="sdpa" if dtype == torch.float64 else "eager")
    return CLIPVisionModel(config).to(dtype)


def known_name(name):
    """The canonical name of a parameter of `Reference`."""
    if name.startswith("vision."):
        return "vision." + name.removeprefix("vision.").removeprefix("vision_model.")
    return canonical(re.sub(r"^language\.", "", name))


# CLIP's, of values from 0 to 1.
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def adapted(language, adapter):
    settings = LoraConfig(
        r=adapter.rank, lora_alpha=adapter.alpha, lora_dropout=0.0, use_rslora=adapter.rslora,
        bias="none", task_type="CAUSAL_LM",
        target_modules=[name.split(".")[1] for name in training_models.TARGETS])
    with warnings.catch_warnings():
        # peft asks transformers for a property by its old name.
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(language, settings, autocast_adapter_dtype=False)


class Reference(nn.Module):
    """Projector and language model of a problem, in `dtype`, and the tower where it is trained."""

    def __init__(self, problem, dtype, padded=True):
        super().__init__()
        shape, case = problem.shape, problem.case
        self.padded, self.dtype, self.case = padded, dtype, case
        width, hidden = shape.vision["hidden_size"], shape.language["hidden_size"]
        layers = [nn.Linear(width, hidden)]
        for _ in range(shape.depth - 1):
            layers += [nn.GELU(), nn.Linear(hidden, hidden)]
        self.projector = nn.Sequential(*layers).to(dtype)
        self.language = language_model(shape, dtype)
        if case.adapter:
            self.language = adapted(self.language, case.adapter)
        if case.train_vision:
            self.vision = vision_tower(shape, dtype)
        self.parts = {}
        for name, parameter in self.named_parameters():
            known = known_name(name)
            self.parts[known] = parameter
            parameter.requires_grad_(problem.trains(known))
            if problem.silent and problem.silent in known and parameter.requires_grad:
                parameter.register_hook(torch.zeros_like)
        with torch.no_grad():
            for name, value in problem.initial().items():
                if case.train_vision or not name.startswith("vision."):
                    self.parts[name].copy_(value)

    def trained(self):
        return {name: part for name, part in self.parts.items() if part.requires_grad}

    def features(self, image):
        """Of features themselves, or of pixels: hidden state -2 without the class token."""
        if not self.case.train_vision:
            return image.to(self.dtype)
        values = (image.double() / 255 - torch.tensor(MEAN, dtype=torch.float64)) / torch.tensor(
            DEVIATION, dtype=torch.float64)
        states = self.vision(values.permute(2, 0, 1)[None].to(self.dtype),
                             output_hidden_states=True).hidden_states
        return states[-2][0, 1:]

    def spliced(self, example):
        """Embeddings [rows, hidden] and labels [rows] of one record, cut at the maximum length."""
        words = self.language.get_input_embeddings()(torch.tensor(example.ids))
        pieces, begin = [], 0
        for position, image in zip(example.positions, example.order, strict=True):
            pieces += [words[begin:position], self.projector(self.features(example.images[image]))]
            begin = position
        rows = torch.cat([piece.to(words.dtype) for piece in pieces + [words[begin:]]])
        labels = torch.tensor(example.labels())
        return rows[:self.case.max_length], labels[:self.case.max_length]

    def summed(self, examples):
        """The sum of the losses of all labels of these records, and how many those are."""
        if not self.padded:
            parts = [self.padded_sum([self.spliced(example)]) for example in examples]
            return sum(part[0] for part in parts), sum(part[1] for part in parts)
        return self.padded_sum([self.spliced(example) for example in examples])

    def padded_sum(self, sequences):
        pad = nn.utils.rnn.pad_sequence
        inputs = pad([rows for rows, _ in sequences], batch_first=True)
        labels = pad([labels for _, labels in sequences], batch_first=True, padding_value=-100)
        mask = pad([torch.ones(len(labels), dtype=torch.long) for _, labels in sequences],
                   batch_first=True)
        logits = self.language(inputs_embeds=inputs, attention_mask=mask, use_cache=False).logits
        logits, labels = logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten()
        if logits.dtype != torch.float64:
            logits = logits.float()
        total = functional.cross_entropy(logits, labels, ignore_index=-100, reduction="sum")
        return total, int((labels >= 0).sum())


def groups(case, trained):
    """LLaVA's groups of the parameters that AdamW changes, those of projector and tower last."""
    trained = {name: part for name, part in trained.items() if not case.uses_muon(name, part)}
    found = []
    for own, rate in (("language.", None), ("projector.", case.projector_rate),
                      ("vision.", case.vision_rate)):
        for decays in (True, False):
            parts = [part for name, part in trained.items() if name.startswith(own)
                     and ("norm" in name or name.endswith(".bias")) != decays]
            found.append({"params": parts, "weight_decay": case.decay if decays else 0.0,
                          "lr": case.rate if rate is None else rate})
    return [group for group in found if group["params"]]


def exact_iteration(matrix, coefficients, steps, epsilon):
    """torch.optim.Muon's Newton-Schulz iteration without its rounding to bf16."""
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / x.norm().clamp(min=epsilon)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


@contextlib.contextmanager
def iteration(exact):
    """torch.optim.Muon's own iteration, or the exact one in its place."""
    own = torch.optim._muon._zeropower_via_newtonschulz
    if exact:
        torch.optim._muon._zeropower_via_newtonschulz = exact_iteration
    try:
        yield
    finally:
        torch.optim._muon._zeropower_via_newtonschulz = own


def optimizers(case, trained):
    """AdamW first; nothing where it has nothing to change."""
    found = []
    if others := groups(case, trained):
        found.append(torch.optim.AdamW(others, lr=case.rate, betas=case.betas, eps=case.epsilon,
                                       foreach=False))
    matrices = {name: part for name, part in trained.items() if case.uses_muon(name, part)}
    if matrices:
        usual = case.rate if case.muon.rate is None else case.muon.rate
        parts = [{"params": [part for name, part in matrices.items() if name.startswith(own)],
                  "lr": usual if rate is None else rate}
                 for own, rate in (("language.", None), ("projector.", case.projector_rate),
                                   ("vision.", case.vision_rate))]
        found.append(torch.optim.Muon([group for group in parts if group["params"]], lr=usual,
                                      weight_decay=case.decay, momentum=case.muon.momentum,
                                      nesterov=case.muon.nesterov,
                                      ns_coefficients=case.muon.ns_coefficients,
                                      adjust_lr_fn=case.muon.adjust))
    return found


def step_loss(reference, step, norm):
    """Adds the gradients of one step's micro-batches; returns its loss and its labels' number."""
    total = sum(label >= 0 for batch in step for example in batch
                for label in example.labels()[1:reference.case.max_length])
    loss = 0.0
    for batch in step:
        value, count = reference.summed(batch)
        share = value / total if norm == "token" else value / count / len(step)
        share.backward()
        loss += share.item()
    return loss, total


def train(problem, dtype=torch.float64, autocast=False, padded=True, reference=None,
          exact_muon=True):
    """`autocast`: products in bf16, everything else and the weights in `dtype`.

    `exact_muon`: Muon's iteration in `dtype`; else in bf16, as PyTorch has it."""
    case = problem.case
    reference = reference or Reference(problem, dtype, padded)
    trained = reference.trained()
    run = Run([], [], [], {}, {name: part.detach().clone() for name, part in trained.items()},
              {}, [], [], [])
    used = optimizers(case, trained)
    schedulers = [SCHEDULES[case.schedule](one, case.warmup, case.steps) for one in used]
    mode = torch.autocast("cpu", torch.bfloat16) if autocast else contextlib.nullcontext()
    for step in problem.batches():
        for part in trained.values():
            # Zeros, not nothing: moments move on where a step has no image.
            part.grad = torch.zeros_like(part)
        with mode:
            loss, labels = step_loss(reference, step, case.norm)
        if not run.gradients:
            run.gradients = {name: part.grad.clone() for name, part in trained.items()}
        norm = nn.utils.clip_grad_norm_(trained.values(), case.clip or float("inf"))
        base = next((group for one in used for group in one.param_groups
                     if group["initial_lr"] == case.rate), used[0].param_groups[0])
        examples = [example for batch in step for example in batch]
        run.losses.append(loss)
        run.norms.append(norm.item())
        run.rates.append(base["lr"])
        run.ids.append([example.name for example in examples])
        run.rows.append(sum(len(example.labels()[:case.max_length]) for example in examples))
        run.labels.append(labels)
        with iteration(exact_muon):
            for one in used:
                one.step()
        for scheduler in schedulers:
            scheduler.step()
    run.trained = {name: part.detach().clone() for name, part in trained.items()}
    return run
