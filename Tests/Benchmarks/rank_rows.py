"""The row of llava-train on several ranks: how a step gets shorter, and what sending takes.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

import fit
import models
import rank_runs
from machines import Machines
from rank_runs import Run, RunOverLines
from turns import Missing, by_turns, median, ratio, to_depth

KINDS = {"W": ["pretrain"], "LoRA r128": ["finetune", "--lora", 128], "full": ["finetune"]}
RANKS, RATES = (2, 4), (1, 10)  # Gb/s
DEPTHS = (1, 2)  # layers; ranks train the first, one process both, from which 7B's step follows
TOKENS = 64
NOTE = ("A step of {batches} micro-batches of one record, an image of {rows} rows and {tokens}"
        " tokens; update included; 1 layer, {width} wide, {vocabulary} words. Ratio: efficiency,"
        " the seconds of one rank over those of all cores together.")
SENT = ("Of a step, as rank 0 meets it: gradients to their owners and weights back, 8 P (N - 1) / N"
        " bytes a rank. Peer: these bytes at what a plain sender makes of the same line, both ways"
        " at once. Ratio: peer over ours.")
LINE = ("From the processor seconds of a thread in a step with 1 and 2 layers, in which other"
        " programs do not count: the line through the two.")


def shapes(setting, layers):
    """(tower, decoder) of 7B's widths with few words, or small ones."""
    if setting.shape == "small":
        return fit.vision(64, 56), fit.language(96, 256, layers, 6, 2, 512)
    return fit.vision(1024, 224), fit.language(4096, 11008, layers, 32, 32, 512)


def files(setting, layers):
    """The folder of a model and of its records."""
    def fill(folder):
        tower, decoder = shapes(setting, layers)
        fit.write_model(folder / "model", tower, decoder)
        fit.write_records(folder / "records.tsz", tower, (TOKENS, TOKENS))
    sys.path.insert(0, str(rank_runs.HERE.parent / "Agreement"))
    return setting.store.make(setting.store.folder / f"ranks-{layers}-layers", fill)


def train(setting, options, layers, threads):
    folder = files(setting, layers)
    return [setting.tools / "llava-train", *options, "-m", folder / "model",
            folder / "records.tsz", "-j", threads]


class Places:
    """Where ranks can run here, and what is lacking for the others."""

    def __init__(self, setting, opened):
        self.lacking, self.counts, self.rates = [], [], []
        self.machines = self.libraries = None
        library = setting.tools / "libllava-mpi.so"
        if not shutil.which("mpirun") or not library.exists():
            self.lacking.append("several ranks, which need mpirun and the library of make mpi")
            return
        self.counts = [count for count in RANKS if count <= setting.threads]
        self.lacking += [f"{count} ranks, for which {setting.threads} cores are too few"
                         for count in RANKS if count > setting.threads]
        if not self.counts:
            return
        with self.noting():
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            self.libraries = rank_runs.build_times(folder), library
        with self.noting():
            self.machines = opened.enter_context(contextlib.closing(Machines(self.counts[-1])))
            self.find_rates()

    @contextlib.contextmanager
    def noting(self):
        try:
            yield
        except Missing as reason:
            self.lacking.append(str(reason))

    def find_rates(self):
        for rate in RATES:
            with self.noting():
                self.machines.hold_to(rate)
                self.rates.append(rate)
        self.rates = self.rates or [None]

    def note(self):
        return f" Not measured: {'; '.join(self.lacking)}." if self.lacking else ""


def sides(setting, places, options):
    """The runs of a kind: one rank, one process of more threads, ranks here, ranks over lines."""
    def made(name, cores, threads, **more):
        return Run(name, cores, train(setting, options, DEPTHS[0], threads), **more)

    found = [made("1 rank, 1 thread", 1, 1)]
    for count in sorted({*places.counts, setting.threads} - {1}):
        found.append(made(f"1 process, {count} threads", count, count))
    for count in places.counts:
        found.append(made(f"{count} ranks", count, 1, before=["mpirun", "-n", count],
                          libraries=places.libraries))
        found += [RunOverLines(f"{count} ranks, {line(rate)}", count,
                               train(setting, options, DEPTHS[0], 1), places.machines, rate,
                               places.libraries) for rate in places.rates]
    return found


def line(rate):
    return "a veth as it is" if rate is None else f"{rate} Gb/s"


def ranks(setting, table):
    """Every kind of training on one rank, on threads, on ranks here and on ranks over lines."""
    with contextlib.ExitStack() as opened:
        places = Places(setting, opened)
        for kind, options in KINDS.items():
            try:
                measure(setting, table, places, kind, options)
            except Missing as reason:
                table.add(what=f"step of {kind}", ours="-", note=f"Not measured. {reason}")


def measure(setting, table, places, kind, options):
    runs = sides(setting, places, options)
    deep = Run("2 layers", setting.threads, train(setting, options, DEPTHS[1], setting.threads))
    times = by_turns([*runs, deep], setting.repetitions, setting.budget)
    one, tower_decoder = runs[0], shapes(setting, DEPTHS[0])
    note = described(tower_decoder) + places.note()
    for run in runs[1:]:
        table.add(what=f"step of {kind}, {run.name}", ours=f"{median(times[run.name]):.3g} s",
                  peer=f"{median(times[one.name]):.3g} s", row=setting.row_name,
                  ratio=ratio(times[run.name], times[one.name]) / run.cores, peer_name=one.name,
                  note=note, commands=[one.command, run.command],
                  values={"ours": times[run.name], "peer": times[one.name]})
    for run in runs:
        if run.exchanged:
            add_sending(table, setting, kind, run)
    whole = next((run for run in runs if run.cores == setting.threads and not run.before), one)
    add_depth(table, setting, kind, whole, deep)


def described(tower_decoder):
    tower, decoder = tower_decoder
    return NOTE.format(batches=rank_runs.MICRO_BATCHES, tokens=TOKENS,
                       rows=(tower["image_size"] // tower["patch_size"]) ** 2,
                       width=decoder["hidden_size"], vocabulary=decoder["vocab_size"])


def add_sending(table, setting, kind, run):
    facts, speeds = {}, getattr(run, "speeds", [])
    if speeds:
        plain = [run.sent / speed for speed in speeds]
        facts = {"peer": f"{median(plain):.3g} s", "ratio": ratio(run.exchanged, plain),
                 "peer_name": f"a plain sender, {median(speeds) * 8e-9:.3g} Gb/s"}
    table.add(what=f"sending of {kind}, {run.name}",
              ours=f"{median(run.exchanged):.3g} s, {run.sent / 1e6:.4g} MB", note=SENT,
              row=setting.row_name, commands=[run.command], **facts,
              values={"ours": run.exchanged, "sent_bytes": run.sent, "speeds": speeds})


def add_depth(table, setting, kind, shallow, deep):
    """What a whole 7B would do in one process, which the plan for many machines begins with."""
    steps = {layers: median(run.busy) / setting.threads
             for layers, run in zip(DEPTHS, (shallow, deep))}
    rate = shallow.positions / to_depth(steps, models.FULL)
    table.add(what=f"{kind}, {models.FULL} layers, {shallow.name}",
              ours=f"{rate:.3g} positions/s" if rate > 0 else "-", row=setting.row_name,
              note=LINE, commands=[shallow.command, deep.command],
              values={"ours": [rate], "shallow": shallow.busy, "deep": deep.busy})
