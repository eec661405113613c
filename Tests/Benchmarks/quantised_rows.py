"""The rows of quantised weights: products, stages and captions, beside bf16 and llama.cpp.

SPDX-License-Identifier: Apache-2.0

Models are those of models.py, written by `llava-weights quantize`; both sides read the same files.
Of llama.cpp the faster of two settings counts, and is named: weights copied into another order as
they are loaded, which is its default, or used as they lie (--no-repack).
"""
import contextlib
import subprocess
from contextlib import closing

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

import job_rows
import llama_server
from core_rows import MANY, PAST_MANY, PAST_ONE, PROMPT, STEPS
from setting import compare, shown
from turns import Side, by_turns, median, ratio

PRODUCTS = ("Q8_0", "Q6_K", "Q5_K", "Q5_1", "Q5_0", "Q4_K", "Q4_1", "Q4_0")
ROWS = {640: 1, 16: 4, 1: 16}  # of the input, and how often one repetition multiplies them
# Width and outputs of what a layer multiplies by: queries, keys, values, output; gate, up; down.
LAYERS = {"true": [(4096, 4096)] * 4 + [(4096, 11008)] * 2 + [(11008, 4096)],
          "small": [(256, 256)] * 4 + [(256, 768)] * 2 + [(768, 256)]}
SETTINGS = {"": (), " --no-repack": ("--no-repack",)}
SLOTS = (8, 16)  # of llama-server


def product_side(setting, kind, rows, threads):
    """A layer's products by weights of `kind`, of which BF16 takes no integers."""
    shapes = ",".join(f"{rows}x{width}x{outputs}" for width, outputs in LAYERS[setting.shape])
    command = [setting.tools / "llava-bench", "matmul", "--shape", shapes, "--format", kind,
               "--activations", "bf16" if kind == "BF16" else "int8", "--threads", threads,
               "--times", ROWS[rows], "--warm-ups", 1]
    side = setting.servers("", {1: command}, {})
    setting.row_name, side.name = side.name, kind
    return side


def integer_peak(setting, threads, opened):
    """A side whose value is the peak in operations a second, and its server; or neither."""
    if not setting.limits.exists():
        return [], None
    server = opened.enter_context(closing(setting.limit("integers", "best", threads)))
    return [Side("peak", {1: lambda: server.once("rate")}, 1, shown(server.command))], server


def add_product(setting, table, kind, rows, threads, times, commands, instruction):
    elements = sum(width * outputs for width, outputs in LAYERS[setting.shape])
    block, size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    work, read = 2 * rows * elements, elements // block * size
    seconds = median(times[kind])
    ours = f"{work / seconds / 1e9:.3g} GOP/s, {read / seconds / 1e9:.3g} GB/s"
    if instruction:
        share = median([work / mine / peak for mine, peak in zip(times[kind], times["peak"])])
        ours += f", {share:.0%}"
    plural = ["s" * (count > 1) for count in (rows, threads)]
    table.add(what=f"layer of 7B, {kind}, {rows} row{plural[0]}, {threads} thread{plural[1]}",
              ours=ours, peer=f"{work / median(times['BF16']) / 1e9:.3g} GOP/s",
              ratio=ratio(times[kind], times["BF16"]), row=setting.row_name, peer_name="ours, bf16",
              note="All products of a layer one after the other; operations are multiplications and"
              " additions, bytes those of the weights' blocks, read once a product; the share is of"
              + (f" the peak of {instruction}." if instruction else " a peak not measured."),
              commands=commands, values=times)


def products(setting, table):
    """Products alone, on one thread and on all."""
    for threads in sorted({1, setting.threads}):
        for rows in ROWS:
            with contextlib.ExitStack() as opened:
                peak, server = integer_peak(setting, threads, opened)
                plain = opened.enter_context(closing(product_side(setting, "BF16", rows, threads)))
                for kind in PRODUCTS:
                    with closing(product_side(setting, kind, rows, threads)) as side:
                        times = by_turns([side, plain, *peak], setting.repetitions, setting.budget)
                    add_product(setting, table, kind, rows, threads, times,
                                [side.command, plain.command],
                                server.facts["how"] if server else None)


def directory(setting, kind, layers):
    """The GGUF files of a model of `layers`."""
    name = f"gguf-{kind}-{layers}-layers"

    def fill(folder):
        subprocess.run([str(part) for part in (
            setting.tools / "llava-weights", "quantize", "-q", setting.store.llava(layers), "-o",
            folder / name, "--format", kind, "-j", setting.threads)], check=True)
    return setting.store.make(setting.store.folder / name, fill) / name


def language_file(setting, kind, layers):
    return next(directory(setting, kind, layers).glob("model-*.gguf"))


def ours(setting, mode, options, kind):
    commands = {layers: [setting.tools / "llava-bench", mode,
                         "-m", directory(setting, kind, layers), "--threads", setting.threads,
                         "--activations", "int8", *options]
                for layers in setting.depths}
    side = setting.servers("", commands, {})
    setting.row_name = side.name
    return side


def plain(setting, mode, options):
    def make():
        side = setting.ours(mode, options)
        side.name = "ours, bf16"
        return side
    return "ours, bf16", make


def stages(setting, table):
    """Prefill, and decoding one sequence and many."""
    cases = (("prefill", f"prefill {PROMPT} tokens", PROMPT, ["--tokens", PROMPT, "--warm-ups", 1],
              (PROMPT, 1, 1)),
             ("decode", f"decode 1 sequence at {PAST_ONE}", 1,
              ["--tokens", PAST_ONE, "--batch", 1, "--times", STEPS], (PAST_ONE, 16, 1)),
             *(("decode", f"decode {MANY} sequences at {past}", MANY,
                ["--tokens", past, "--batch", MANY, "--times", STEPS], (past, 16, MANY))
               for past in (PAST_MANY, PAST_ONE)))
    for mode, what, amount, options, peer in cases:
        for kind in setting.formats:
            def file(layers, kind=kind):
                return language_file(setting, kind, layers)

            peers = [[plain(setting, mode, options)],
                     [setting.llama_batched(kind, mode, *peer, more=more, file=file)
                      for more in SETTINGS.values()]]
            if kind.startswith("Q4"):
                peers.append(setting.openvino(mode, options))
            compare(setting, table, f"{what}, 7B in {kind}", "tokens/s", amount,
                    lambda: ours(setting, mode, options, kind), peers, note=setting.note())


def caption_side(setting, name, model_of):
    """Seconds an image: encoding and projection once, each time vicuna-decode of all prompts."""
    count = setting.images
    encoded, seconds = {}, {}
    for layers in setting.depths:
        model = model_of(layers)
        line = f"{job_rows.FORMAT} | clip-encode -m {model} | llava-project -m {model}"
        spent, encoded[layers] = job_rows.shell(setting, line, job_rows.paths(setting, count))
        seconds[layers] = spent / count

    def run(layers):
        line = f"vicuna-decode -m {model_of(layers)} --batch 16 --max-tokens {job_rows.NEW}"
        return seconds[layers] + job_rows.shell(setting, line, encoded[layers])[0] / count

    shallow = min(seconds)  # the tower is the same at every depth
    seconds = dict.fromkeys(seconds, seconds[shallow])
    return Side(name, {layers: lambda layers=layers: run(layers) for layers in setting.depths},
                setting.full, f"vicuna-decode -m {model_of(setting.layers).name} --batch 16"
                f" --max-tokens {job_rows.NEW}")


def llama_captions(setting, kind, name, more):
    """(name, maker) of llama-mtmd-cli on one picture."""
    name = f"llama-mtmd-cli {kind}{name}"

    def make():
        peer = setting.llama()
        given = {layers: (language_file(setting, kind, layers),
                          setting.store.gguf("mmproj", side=336),
                          setting.store.pictures(1) / "000.jpg", job_rows.NEW, more)
                 for layers in setting.depths}
        runs = {layers: lambda inputs=inputs: peer.caption(*inputs)["caption"]
                for layers, inputs in given.items()}
        return Side(name, runs, setting.full, shown(peer.caption_command(*given[setting.layers])))
    return name, make


def server_captions(setting, kind, slots, name, more):
    """(name, maker) of llama-server with so many slots, on as many pictures as ours."""
    name = f"llama-server {kind} -np {slots}{name}"

    def make():
        pictures = job_rows.pictures(setting, setting.images)
        lines = {layers: llama_server.command(
            setting.llama(), language_file(setting, kind, layers),
            setting.store.gguf("mmproj", side=336), slots, more) for layers in setting.depths}

        # One server at a time, each started anew: none finds a picture in its cache of prompts.
        def run(line):
            with closing(llama_server.LlamaServer(line)) as server:
                return server.captions(pictures, job_rows.NEW)
        return Side(name, {layers: lambda line=line: run(line) for layers, line in lines.items()},
                    setting.full, shown(lines[setting.layers]))
    return name, make


def captions(setting, table):
    """The whole job in each format."""
    for kind in setting.formats:
        def model_of(layers, kind=kind):
            return directory(setting, kind, layers)

        compare(setting, table, f"captions, {job_rows.NEW} tokens, 7B in {kind}", "an hour", 3600,
                lambda: caption_side(setting, kind, model_of),
                [[("ours, bf16", lambda: caption_side(setting, "ours, bf16", setting.store.llava))],
                 [llama_captions(setting, kind, name, more) for name, more in SETTINGS.items()],
                 [server_captions(setting, kind, slots, name, more) for slots in SLOTS
                  for name, more in SETTINGS.items()]],
                note=f"ours: {setting.images} pictures with --batch 16, starting included, encoding"
                " and projection timed once; llama-mtmd-cli's: its own lines of prompt and eval time,"
                " one picture; llama-server's: all pictures asked for at once, its start left out."
                f" {setting.note()}")
