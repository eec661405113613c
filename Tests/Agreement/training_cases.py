"""What is trained to compare: which weights, on which records, with which options.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import math

import torch

import training_models


@dataclasses.dataclass
class Adapter:
    rank: int
    alpha: float
    rslora: bool = False
    # The tool draws it itself with this deviation of B (`--lora`, `--lora-b-std`); None: both
    # sides start from one that lies in a directory (`--adapter`).
    drawn: float | None = None

    @property
    def factor(self):
        return self.alpha / (math.sqrt(self.rank) if self.rslora else self.rank)


@dataclasses.dataclass
class Muon:
    rate: float | None = None
    momentum: float = 0.95
    adjust: str = "match_rms_adamw"
    # What is no option of the tool's, by the names of torch.optim.Muon.
    nesterov: bool = True
    ns_coefficients: tuple = (3.4445, -4.7750, 2.0315)


@dataclasses.dataclass
class Case:
    name: str
    shape: str = "grouped"
    stage: str = "finetune"
    adapter: Adapter | None = None
    freeze_language: bool = False
    freeze_projector: bool = False
    # Records are pixels, and the tower is trained, too.
    train_vision: bool = False
    vision_rate: float | None = None
    # Starts from a projector in a directory of its own.
    projector: bool = False
    steps: int = 20
    micro: int = 2
    accumulate: int = 1
    rate: float = 1e-3
    projector_rate: float | None = None
    decay: float = 0.1
    # Muon's values; None: AdamW changes everything.
    muon: "Muon | None" = None
    betas: tuple = (0.9, 0.999)
    epsilon: float = 1e-8
    schedule: str = "cosine"
    warmup_steps: int | None = None
    warmup_ratio: float | None = None
    clip: float = 0.0
    norm: str = "token"
    max_length: int | None = None
    precision: str = "f32"
    # How many images a record has, by turns.
    images: tuple = (0, 1, 1, 2)
    # Every how many records one has nothing to learn; 0: none.
    mute_every: int = 0
    features: torch.dtype = torch.float32
    seed: int = 5

    @property
    def warmup(self):
        if self.warmup_steps is not None:
            return self.warmup_steps
        return math.ceil((self.warmup_ratio or 0) * self.steps)

    def trains(self, name):
        """Whether the parameter of this canonical name is trained."""
        if name.startswith("projector."):
            return not self.freeze_projector
        if name.startswith("vision."):
            return self.train_vision
        if not name.startswith("language.") or self.stage == "pretrain" or self.freeze_language:
            return False
        return (".lora_" in name) == (self.adapter is not None)

    def uses_muon(self, name, part):
        """Whether Muon changes the parameter of this canonical name: matrices inside layers."""
        inside = name.startswith(("vision.encoder.layers.", "language.layers.", "projector."))
        return self.muon is not None and inside and part.ndim == 2

    def options(self):
        """Those of `llava-train` that are numbers or words, not paths."""
        given = ["--steps", self.steps, "--micro-batch", self.micro, "--accumulate",
                 self.accumulate, "--lr", self.rate, "--weight-decay", self.decay,
                 "--betas", ",".join(map(repr, self.betas)), "--eps", self.epsilon,
                 "--schedule", self.schedule, "--clip", self.clip, "--loss-norm", self.norm,
                 "--seed", self.seed, "--precision", self.precision]
        if self.muon:
            given += ["--optimizer", "muon", "--muon-momentum", self.muon.momentum,
                      "--muon-adjust", self.muon.adjust]
            given += [] if self.muon.rate is None else ["--muon-lr", self.muon.rate]
        if self.projector_rate is not None:
            given += ["--projector-lr", self.projector_rate]
        if self.vision_rate is not None:
            given += ["--vision-lr", self.vision_rate]
        if self.warmup_ratio is not None:
            given += ["--warmup-ratio", self.warmup_ratio]
        else:
            given += ["--warmup-steps", self.warmup]
        if self.max_length is not None:
            given += ["--max-length", self.max_length]
        if self.adapter and self.adapter.drawn is not None:
            given += ["--lora", self.adapter.rank, "--lora-alpha", self.adapter.alpha,
                      "--lora-dropout", 0, "--lora-b-std", self.adapter.drawn]
            given += ["--rslora"] if self.adapter.rslora else []
        given += ["--freeze-language"] if self.freeze_language else []
        given += ["--freeze-projector"] if self.freeze_projector else []
        given += ["--train-vision"] if self.train_vision else []
        return [str(part) for part in given]


@dataclasses.dataclass
class Problem:
    """A case with its numbers: what both sides are given."""
    case: Case
    shape: training_models.Shape
    # By canonical names: the model on disk; what replaces or joins it at the start.
    weights: dict
    start: dict
    examples: list
    # A fault: what has this in its name gets no gradient.
    silent: str | None = None

    def trains(self, name):
        return self.case.trains(name) and self.shape.computes(name)

    def initial(self):
        return {**self.weights, **self.start}

    def batches(self):
        """Steps of micro-batches of examples, those with nothing to learn left out."""
        case = self.case
        learned = [example for example in self.examples
                   if any(label >= 0 for label in example.labels()[1:case.max_length])]
        step = case.micro * case.accumulate
        # A stream that is too short begins again.
        learned *= -(-case.steps * step // len(learned))
        return [[learned[first:first + case.micro]
                 for first in range(number * step, (number + 1) * step, case.micro)]
                for number in range(case.steps)]


def make_problem(case, shape=None, weights_seed=31, records=None):
    """`records`: how many the stream has; as many as are seen where it is None."""
    shape = shape or training_models.SHAPES[case.shape]
    generator = torch.Generator().manual_seed(weights_seed)
    weights, start = training_models.make_tensors(shape, generator), {}
    if case.projector or case.adapter:
        other = training_models.make_tensors(shape, generator)
        start = {name: other[name] for name in other if name.startswith("projector.")}
    if case.adapter:
        if case.adapter.drawn is not None:
            start = {}
        else:
            start |= training_models.adapter_tensors(shape, case.adapter.rank, generator)
    count, mute = records or case.steps * case.micro * case.accumulate, ()
    if case.mute_every:
        count += -(-count // (case.mute_every - 1))
        mute = range(1, count, case.mute_every)
    examples = training_models.make_examples(
        shape, count, generator, case.images, set(mute), case.max_length, case.train_vision)
    return Problem(case, shape, weights, start, examples)


CASES = [
    Case("stage 1", stage="pretrain", rate=2e-3, warmup_ratio=0.1, clip=1.0, norm="micro"),
    Case("stage 1 linear", "linear", stage="pretrain", rate=2e-3, schedule="linear",
         warmup_steps=3, accumulate=3),
    Case("stage 1 bf16 input", stage="pretrain", schedule="constant", clip=1.0, accumulate=3,
         norm="micro", features=torch.bfloat16, projector=True),
    Case("full", rate=5e-4, projector_rate=1e-3, warmup_ratio=0.15, clip=1.0, accumulate=3),
    Case("full micro", rate=5e-4, schedule="constant", warmup_ratio=0.03, norm="micro",
         accumulate=3, projector=True, betas=(0.8, 0.95), epsilon=1e-2),
    Case("full tied", "tied", rate=5e-4, schedule="linear", warmup_steps=2, norm="micro"),
    Case("frozen projector", rate=5e-4, freeze_projector=True, clip=1.0, decay=0.0),
    Case("frozen language", freeze_language=True, schedule="linear", accumulate=3, clip=1.0),
    Case("lora", adapter=Adapter(4, 8), rate=2e-3, projector_rate=5e-4, warmup_steps=3, clip=1.0),
    Case("lora tied", "tied", adapter=Adapter(3, 5), rate=2e-3, schedule="linear", norm="micro",
         accumulate=3),
    Case("rslora", adapter=Adapter(4, 6, rslora=True), rate=2e-3, accumulate=3, clip=1.0,
         freeze_projector=True, norm="micro"),
    Case("rslora drawn", adapter=Adapter(6, 4, rslora=True, drawn=0.05), rate=2e-3,
         schedule="constant", warmup_steps=1),
    Case("lora drawn", adapter=Adapter(2, 16, drawn=0.02), rate=1e-3, clip=1.0, accumulate=3),
    Case("truncated", max_length=11, rate=5e-4, clip=1.0),
    Case("vision", "seeing", train_vision=True, rate=5e-4, projector_rate=1e-3, vision_rate=2e-4,
         warmup_ratio=0.15, clip=1.0, accumulate=3),
    Case("vision alone", "seeing", train_vision=True, freeze_language=True, freeze_projector=True,
         rate=5e-4, schedule="constant", clip=1.0, norm="micro", images=(1, 2, 0),
         epsilon=1e-4),
    Case("vision cut", "seeing", train_vision=True, rate=5e-4, max_length=9, vision_rate=1e-3,
         schedule="linear", accumulate=2),
    Case("text only", adapter=Adapter(4, 8), images=(0, 0, 0, 0, 1), rate=1e-3),
    Case("nothing to learn", stage="pretrain", mute_every=4, accumulate=3, norm="micro"),
    Case("muon", rate=5e-4, muon=Muon(2e-3, adjust="original"), warmup_steps=2, clip=1.0,
         accumulate=3),
    Case("muon adapter", adapter=Adapter(3, 5), rate=1e-3, projector_rate=5e-4,
         muon=Muon(momentum=0.9), norm="micro"),
    Case("muon vision", "seeing", train_vision=True, rate=5e-4, muon=Muon(2e-3), warmup_steps=2,
         clip=1.0, accumulate=2)]
CASES += [dataclasses.replace(case, name=case.name + ", bf16", precision="bf16")
          for case in CASES if case.name in ("stage 1", "full", "lora", "rslora", "vision")]
