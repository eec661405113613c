"""The rows that hold our figures against what the machine can do at most.

SPDX-License-Identifier: Apache-2.0
"""
from contextlib import ExitStack, closing

import models
from core_rows import PROMPT
from setting import NO_LIMITS, shown
from turns import median

# Rows, width and outputs of 7B's products in a prefill, and of the tower's widest at batch 8.
PRODUCTS = ("640x4096x4096", "640x4096x11008", "640x11008x4096", "4616x1024x4096")


def operations(shape):
    rows, width, outputs = map(int, shape.split("x"))
    return 2 * rows * width * outputs


def encode_operations(vision, batch):
    """Products of the 23 layers that LLaVA runs, attention included."""
    width, inner = vision["hidden_size"], vision["intermediate_size"]
    rows = (vision["image_size"] // vision["patch_size"]) ** 2 + 1
    layer = 2 * rows * (4 * width * width + 2 * width * inner) + 4 * rows * rows * width
    patches = 2 * (rows - 1) * width * 3 * vision["patch_size"] ** 2
    return batch * ((vision["num_hidden_layers"] - 1) * layer + patches)


def prefill_operations(language, layers, tokens):
    """Products of the layers and one row of the head; attention sees half of the square. Of the
    last layer only keys and values are made of every row."""
    width, inner = language["hidden_size"], language["intermediate_size"]
    keys = width // language["num_attention_heads"] * language["num_key_value_heads"]
    key_value, others = 4 * width * keys, 4 * width * width + 6 * width * inner
    whole_layers = (layers - 1) * (tokens * others + 2 * tokens * tokens * width)
    return (layers * tokens * key_value + whole_layers + others + 4 * tokens * width
            + 2 * width * language["vocab_size"])


def shares_of_peak(setting, table, works):
    """A row for each (what, operations, side): reached FLOP/s beside the instruction's peak."""
    if not setting.limits.exists():
        table.add(what="shares of peak", ours="-", peer_name=NO_LIMITS)
        return
    reference = None
    with ExitStack() as opened:
        for what, amount, side in works:
            with closing(side):
                reference = reference or opened.enter_context(
                    closing(setting.limit("flops", setting.row_name)))
                pairs = [(amount / side(), reference.once("rate"))
                         for _ in range(setting.repetitions)]
            reached, peaks = zip(*pairs)
            table.add(what=what, ours=f"{median(reached) / 1e9:.0f} GFLOP/s",
                      peer=f"{median(peaks) / 1e9:.0f} GFLOP/s",
                      ratio=median([a / b for a, b in pairs]), row=setting.row_name,
                      peer_name="peak of the row's dot product",
                      note="Ratio: our share of what the instruction can do at most.",
                      commands=[side.command, shown(reference.command)],
                      values={"reached": reached, "peak": peaks})


def single(setting, mode, options, layers):
    """One server of ours on a model of `layers`."""
    model = setting.store.llava(layers)
    side = setting.servers("", {1: [setting.tools / "llava-bench", mode, "-m", model, "--threads",
                                    setting.threads, *options]}, {})
    setting.row_name = side.name
    return side


def peak(setting, table):
    """Matrix products alone."""
    shares_of_peak(setting, table, (
        (f"product {shape}: share of peak", operations(shape),
         single(setting, "matmul", ["--shape", shape], models.SHALLOW)) for shape in PRODUCTS))


def shares(setting, table):
    """Whole stages: encode and prefill."""
    vision, language = models.shape_of(setting.shape, 336, setting.layers)
    shares_of_peak(setting, table, (
        (what, amount, single(setting, mode, options, setting.layers))
        for what, amount, mode, options in (
            ("encode 336 px, batch 8: share of peak", encode_operations(vision, 8), "encode",
             ["--batch", 8]),
            (f"prefill {PROMPT}, {setting.layers} layers: share of peak",
             prefill_operations(language, setting.layers, PROMPT), "prefill",
             ["--tokens", PROMPT]))))


def attention(setting, table):
    """What long prompts and long pasts cost: a token of a prefill, and a step."""
    for mode, lengths, options in (("prefill", (512, 2048, 4096), []),
                                   ("decode", (128, 2048, 4095), ["--times", 8])):
        figures, commands = [], []
        for length in lengths:
            with closing(single(setting, mode, ["--tokens", length, *options, "--warm-ups", 1],
                                models.SHALLOW)) as side:
                seconds = median([side() for _ in range(min(3, setting.repetitions))])
            figures.append(1e3 * seconds / (length if mode == "prefill" else 1))
            commands.append(side.command)
        table.add(what=f"{mode} at {', '.join(map(str, lengths))}, ms a token",
                  ours=", ".join(f"{figure:.3g}" for figure in figures),
                  ratio=figures[-1] / figures[0], row=setting.row_name, commands=commands,
                  note=f"{models.SHALLOW} layers and the head, of a prompt's last layer what its"
                  " answer needs. Ratio: the longest over the shortest.",
                  values={"milliseconds": figures})
