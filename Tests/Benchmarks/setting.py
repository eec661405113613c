"""What every row needs: programs, models, threads, and the ceilings of instruction sets.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import functools
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import models
from llama_peer import LlamaCpp
from turns import Missing, Server, Side, by_turns, median, open_sides, ratio

HERE = Path(__file__).resolve().parent
NO_LIMITS = "limits.c, written for x86, is not built"


def held_to(row, onednn, mkl, processor):
    """The variables that hold ours and PyTorch to an instruction set; llama.cpp is another build.
    PyTorch's cache of compiled graphs hands one set's code to another, whose sums are then wrong:
    it is left out."""
    return {"LLAVA_CPU": row, "ATEN_CPU_CAPABILITY": row, "ONEDNN_MAX_CPU_ISA": onednn,
            "MKL_ENABLE_INSTRUCTIONS": mkl, "TORCHINDUCTOR_CPP_MARCH": processor,
            "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}


CEILINGS = {"native": {}, "avx512": held_to("avx512", "AVX512_CORE", "AVX512", "x86-64-v4"),
            "avx2": held_to("avx2", "AVX2", "AVX2", "x86-64-v3")}
# PyTorch as it may be run, or why not; the best one counts. Without bf16 instructions f32 may be
# faster.
EITHER = {"bf16": [], "bf16 compiled": ["--compile"], "f32": ["--precision", "f32"],
          "f32 compiled": "the weights would be in memory in f32 a second time"}
VARIANTS = {"native": {"eager": [], "compiled": ["--compile"]}, "avx512": EITHER, "avx2": EITHER}


def shown(command, environment=None):
    """A command line as a user would type it, folders of this machine left out."""
    parts = [f"{key}={value}" for key, value in (environment or {}).items()]
    for part in map(str, command):
        path = Path(part)
        if part == sys.executable:
            part = "python"
        elif path.is_absolute() and path.name in ("model.gguf", "model.safetensors"):
            part = f"{path.parent.name}/{path.name}"
        elif path.is_absolute():
            part = path.name
        parts.append(shlex.quote(part))
    return " ".join(parts)


@functools.cache
def has_bf16():
    """Whether the processor multiplies bf16."""
    flags = Path("/proc/cpuinfo").read_text().split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


class Setting:
    """The options given, and how each side is started."""

    def __init__(self, given):
        self.tools = Path(given.tools).resolve()
        self.limits = Path(given.limits).resolve()
        self.threads = given.threads
        self.repetitions, self.budget = given.repetitions, given.budget
        self.store = models.Store(given.cache, given.shape)
        self.layers, self.images, self.shape = given.layers, given.images, given.shape
        self.formats = given.formats.split(",")
        self.openvino_python = Path(given.openvino).absolute()
        self.llama_folder = given.llama_cpp
        self.full = models.FULL if given.shape == "true" else given.layers
        self.compile = given.compile
        probe = Server([self.tools / "llava-bench", "matmul", "--shape", "1x64x64"])
        self.row_name = probe.facts["how"]  # of the set of kernels that is timed now
        probe.close()

    @property
    def depths(self):
        """The depths that are timed; one alone when it is the whole model."""
        return [self.layers] if self.layers >= self.full else [self.layers, models.SHALLOW]

    def note(self):
        if self.depths == [self.full]:
            return ""
        return (f"{self.full} layers from {' and '.join(map(str, self.depths))} that were timed, on"
                " each side: the line through the two; embedding and head are counted once.")

    def servers(self, name, commands, environment):
        """A side of servers {layers: command}."""
        opened = {}
        try:
            for layers, command in commands.items():
                opened[layers] = Server(command, environment)
        except Exception:
            for server in opened.values():
                server.close()
            raise
        first = next(iter(opened.values()))
        full = self.full if len(opened) > 1 else next(iter(opened))
        return Side(name + first.facts["how"],
                    {layers: server.once for layers, server in opened.items()}, full,
                    shown(first.command, environment), opened.values())

    def commands(self, program, mode, options, side=None, kind="bf16"):
        depths = [1] if side == 224 else [models.SHALLOW] if side else self.depths
        return {layers: [*program, mode, "-m", self.store.llava(layers, side or 336, kind),
                         "--threads", self.threads, *options] for layers in depths}

    def ours(self, mode, options, side=None, ceiling="native", kind="bf16"):
        program = [self.tools / "llava-bench"]
        found = self.servers("", self.commands(program, mode, options, side, kind),
                             {key: value for key, value in CEILINGS[ceiling].items()
                              if key.startswith("LLAVA_")})
        self.row_name = found.name
        return found

    def torch(self, mode, options, side=None, ceiling="native"):
        """(name, maker) of each variant of PyTorch."""
        program = [sys.executable, "-W", "ignore", HERE / "torch_peer.py"]
        environment = {key: value for key, value in CEILINGS[ceiling].items()
                       if not key.startswith("LLAVA_")}
        if not shutil.which("g++") and shutil.which("clang++"):
            environment["CXX"] = "clang++"  # torch.compile looks for g++ alone

        def make(more):
            if isinstance(more, str):
                raise Missing(more)
            if "--compile" in more and not self.compile:
                raise Missing("--no-compile")
            return self.servers("", self.commands(program, mode, [*options, *more], side),
                                environment)

        return [(f"torch {variant}", functools.partial(make, more))
                for variant, more in VARIANTS[ceiling].items()]

    def ours_training(self, options, layers):
        command = [self.tools / "llava-bench", "train", "-m", self.store.llava(layers),
                   "--threads", self.threads, *options]
        return self.servers("", {layers: command}, {})

    def torch_training(self, options, layers):
        """(name, maker) of PyTorch's step in bf16, and in f32 where bf16 has no instructions: there a
        step in bf16 takes minutes."""
        program = [sys.executable, "-W", "ignore", HERE / "torch_peer.py", "train", "-m"]
        how = "checkpointing" if "--checkpointing" in options else "keeping all"

        def make(precision):
            if (precision == "bf16") != has_bf16():
                raise Missing("minutes a step without bf16 instructions" if precision == "bf16"
                              else "bf16 is faster here")
            command = [*program, self.store.llava(layers), "--threads", self.threads, *options,
                       "--precision", precision]
            return self.servers("", {layers: command}, {})

        return [(f"torch {precision} {how}", functools.partial(make, precision))
                for precision in ("bf16", "f32")]

    def llama(self, ceiling="native"):
        """llama.cpp built for an instruction set; `native` may lie in the folder itself."""
        folder = Path(self.llama_folder) / ceiling if self.llama_folder else None
        if folder and not folder.exists() and ceiling == "native":
            folder = folder.parent
        return LlamaCpp(folder, self.threads)

    def llama_batched(self, kind, key, prompt, new, batch, ceiling="native", file=None, more=()):
        """(name, maker) of llama-batched-bench's seconds of `key` on weights of `kind`, from what
        `file` gives for a depth, with options `more`."""
        name = " ".join(["llama.cpp", kind, *more])

        def make():
            peer = self.llama(ceiling)
            files = {layers: file(layers) if file else self.store.gguf(kind, layers)
                     for layers in self.depths}
            runs = {layers: lambda path=path: peer.batched(path, prompt, new, batch, more)[key]
                    for layers, path in files.items()}
            command = peer.batched_command(files[self.layers], prompt, new, batch, more)
            return Side(name, runs, self.full, shown(command))
        return name, make

    def openvino_program(self):
        return [self.openvino_python, "-W", "ignore", HERE / "openvino_peer.py"]

    @functools.cache
    def openvino_files(self, layers):
        """The folder of the model in OpenVINO's form; None, for good, where it cannot be made."""
        def fill(folder):
            subprocess.run([*self.openvino_program(), "export", "-m", self.store.llava(layers),
                            "-o", folder], check=True, stdout=sys.stderr)
        try:
            return self.store.make(self.store.folder / f"openvino-int4-{layers}-layers", fill)
        except subprocess.CalledProcessError:
            return None

    def openvino(self, mode, options):
        """(name, maker) of each way to run OpenVINO on weights of four bits."""
        def make(way):
            if not self.openvino_python.exists():
                raise Missing("no OpenVINO: give --openvino")
            files = {layers: self.openvino_files(layers) for layers in self.depths}
            if None in files.values():
                raise Missing("OpenVINO did not take the model")
            return self.servers("", {layers: [*self.openvino_program(), mode, "-m", folder,
                                              "--threads", self.threads, "--way", way, *options]
                                     for layers, folder in files.items()}, {})
        return [(f"openvino int4 {way}", functools.partial(make, way))
                for way in ("groups of 32", "groups of 128", "bf16")]

    def limit(self, what, argument, threads=None):
        return Server([self.limits, what, argument, threads or self.threads])

    def weights(self):
        """The file with most of the layers."""
        folder = self.store.llava(self.layers)
        return max(folder.glob("*.safetensors"), key=lambda path: path.stat().st_size).resolve()


def compare(setting, table, what, unit, amount, ours, peers, note=""):
    """Times ours and every peer by turns; a row for the best of each kind of peer.
    `peers`: lists of (name, maker); `note`: text, or what gives it when all is timed; returns ours'
    seconds. Raises Missing when ours cannot start."""
    makers = [("ours", ours)] + [maker for group in peers for maker in group]
    with contextlib.ExitStack() as opened:
        started, absent = open_sides(makers, opened)
        if "ours" in absent:
            raise Missing(f"{what}: {absent['ours']}")
        groups = [[started[name] for name, _ in group if name in started]
                  for group in peers or [[]]]
        times = by_turns(list(started.values()), setting.repetitions, setting.budget, groups)
    first = started["ours"]
    mine = times[first.name]
    note = note() if callable(note) else note
    for group, here in zip(peers or [[]], groups):
        gone = [f"Not run: {name} ({absent[name]})." for name, _ in group if name in absent]
        facts = {"what": what, "ours": rate(amount, mine, unit), "row": setting.row_name,
                 "note": " ".join([note, *(gone if here else [])]).strip(),
                 "commands": [first.command],
                 "values": {"ours": mine, **{side.name: times[side.name] for side in here}}}
        if here:
            best = min(here, key=lambda side: median(times[side.name]))
            facts.update(peer=rate(amount, times[best.name], unit), peer_name=best.name,
                         ratio=ratio(mine, times[best.name]),
                         commands=[first.command, best.command])
        elif group:
            facts.update(peer_name="; ".join(absent[name] for name, _ in group))
        table.add(**facts)
    return mine


def rate(amount, seconds, unit):
    return f"{amount / median(seconds):.4g} {unit}"
