"""The rows of encode, prefill and decode, which every instruction set has.

SPDX-License-Identifier: Apache-2.0
"""
from contextlib import closing

import checks
import models
from setting import NO_LIMITS, compare, rate, shown
from turns import Side, median, ratio

PROMPT = 640
PAST_ONE, PAST_MANY, MANY = 640, 128, 16
STEPS = 8  # of decoding in one repetition, as one is short


def encode(setting, table, ceiling="native", cases=((336, 1), (336, 8), (224, 1), (224, 8))):
    for side, batch in cases:
        options = ["--batch", batch, "--warm-ups", 1 if batch > 1 else 2]
        compare(setting, table, f"encode ViT-L/14 {side} px, batch {batch}", "images/s", batch,
                lambda: setting.ours("encode", options, side, ceiling),
                [setting.torch("encode", options, side, ceiling)])
    for side in sorted({side for side, _ in cases}, reverse=True):
        options = ["--batch", 8, "--project", "--warm-ups", 1]
        compare(setting, table, f"encode and project {side} px, batch 8", "images/s", 8,
                lambda: setting.ours("encode", options, side, ceiling),
                [[llama_encoder(setting, side, ceiling, 8)]],
                note="llama.cpp's encoder takes one image at a time and its time has the projector"
                " in it; so has ours here. Loading and image decoding are left out of both.")


def llama_encoder(setting, side, ceiling, images):
    """(name, maker): llama.cpp's encoder by its own line, scaled to a batch of `images`."""
    def make():
        peer = setting.llama(ceiling)
        given = (setting.store.gguf("Q4_0", 2), setting.store.gguf("mmproj", side=side),
                 setting.store.pictures(1) / "000.jpg", 1)
        return Side("llama.cpp mmproj F16", {1: lambda: images * peer.caption(*given)["encode"]},
                    1, shown(peer.caption_command(*given)))
    return "llama.cpp mmproj F16", make


def prefill(setting, table, ceiling="native"):
    options = ["--tokens", PROMPT, "--warm-ups", 1]
    return compare(setting, table, f"prefill {PROMPT} tokens, 7B", "tokens/s", PROMPT,
                   lambda: setting.ours("prefill", options, None, ceiling),
                   [setting.torch("prefill", options, None, ceiling),
                    [setting.llama_batched("Q4_0", "prefill", PROMPT, 1, 1, ceiling)]],
                   note=setting.note())


def decode_one(setting, table, ceiling="native"):
    options = ["--tokens", PAST_ONE, "--batch", 1, "--times", STEPS]
    return compare(setting, table, f"decode 1 sequence at {PAST_ONE}, 7B", "tokens/s", 1,
                   lambda: setting.ours("decode", options, None, ceiling),
                   [[setting.llama_batched("F16", "decode", PAST_ONE, 16, 1, ceiling)],
                    setting.torch("decode", options, None, ceiling)], note=setting.note())


def decode_many(setting, table, ceiling="native"):
    options = ["--tokens", PAST_MANY, "--batch", MANY, "--times", STEPS]
    return compare(setting, table, f"decode {MANY} sequences at {PAST_MANY}, 7B", "tokens/s", MANY,
                   lambda: setting.ours("decode", options, None, ceiling),
                   [[setting.llama_batched("Q4_0", "decode", PAST_MANY, 16, MANY, ceiling)],
                    setting.torch("decode", options, None, ceiling)], note=setting.note())


def decode_f16(setting, table):
    """The weights as LLaVA-1.5 is published, which are rounded to bf16 as they are used."""
    for batch, past, peer in ((1, PAST_ONE, "F16"), (MANY, PAST_MANY, "Q4_0")):
        options = ["--tokens", past, "--batch", batch, "--times", STEPS]
        plural = "sequences" if batch > 1 else "sequence"
        compare(setting, table, f"decode {batch} {plural} at {past}, 7B in f16", "tokens/s", batch,
                lambda: setting.ours("decode", options, kind="f16"),
                [[setting.llama_batched(peer, "decode", past, 16, batch)]], note=setting.note())


def decode_against_one(setting, table):
    """Sixteen sequences beside one of the same length: what reading the weights once is worth."""
    def options(batch):
        return ["--tokens", PAST_MANY, "--batch", batch, "--times", STEPS]
    with (closing(setting.ours("decode", options(MANY))) as many,
          closing(setting.ours("decode", options(1))) as one):
        pairs = [(many(), one()) for _ in range(setting.repetitions)]
    seconds = [first for first, _ in pairs], [second for _, second in pairs]
    table.add(what=f"decode {MANY} beside 1, both at {PAST_MANY}, 7B",
              ours=rate(MANY, seconds[0], "tokens/s"), peer=rate(1, seconds[1], "tokens/s"),
              ratio=MANY * ratio(*seconds), row=setting.row_name, peer_name="ours, 1 sequence",
              note=setting.note(), commands=[many.command, one.command],
              values={"ours": seconds[0], "one": seconds[1]})


def decode_of_read(setting, table):
    """Bytes that a step reads a second, as a share of a plain read of the same mapping."""
    what = f"decode 1 at {PAST_ONE}: bytes read"
    if not setting.limits.exists():
        table.add(what=what, ours="-", peer_name=NO_LIMITS)
        return
    options = ["--tokens", PAST_ONE, "--batch", 1, "--times", STEPS]
    with (closing(setting.ours("decode", options)) as ours,
          closing(setting.limit("read", setting.weights())) as reader):
        pairs = [(ours.depths[setting.layers](), reader.once("rate"))
                 for _ in range(setting.repetitions)]
    read_bytes = step_bytes(setting)
    rates = [read_bytes / seconds for seconds, _ in pairs]
    table.add(what=what, ours=f"{median(rates) / 1e9:.1f} GB/s",
              peer=f"{median([rate for _, rate in pairs]) / 1e9:.1f} GB/s",
              ratio=median([a / b for a, (_, b) in zip(rates, pairs)]), row=setting.row_name,
              peer_name=f"plain read, {setting.threads} threads",
              note=f"{setting.layers} layers and the head, and the KV cache of {PAST_ONE} "
              "positions: bytes counted, seconds measured; the read sums up 64-bit words."
              " Ratio: our share of that read.",
              commands=[ours.command, shown(reader.command)],
              values={"ours": rates, "read": [rate for _, rate in pairs]})


def step_bytes(setting):
    """Weights and cache that one step of one sequence reads, at the deeper depth."""
    _, language = models.shape_of(setting.shape, 336, setting.layers)
    width, inner = language["hidden_size"], language["intermediate_size"]
    keys = width // language["num_attention_heads"] * language["num_key_value_heads"]
    layer = 2 * width * (width + keys) + 3 * width * inner + 2 * keys * PAST_ONE
    return 2 * (setting.layers * layer + language["vocab_size"] * width)


def decode(setting, table):
    decode_one(setting, table)
    decode_of_read(setting, table)
    decode_many(setting, table)
    decode_f16(setting, table)
    decode_against_one(setting, table)


def other_sets(setting, table):
    """The same core rows with both sides held to older instruction sets."""
    for ceiling in ("avx512", "avx2"):
        checks.check(setting, ceiling)
        encode(setting, table, ceiling, [(336, 8)])
        prefill(setting, table, ceiling)
        decode_one(setting, table, ceiling)
        decode_many(setting, table, ceiling)
