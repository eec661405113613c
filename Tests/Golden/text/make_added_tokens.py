#!/usr/bin/env python3
"""Makes added-tokens.json: changes to the tokenizers here, texts, and the ids of `tokenizers`.

Needs tokenizers. `python3 make_added_tokens.py [TEXTS]` makes TEXTS random texts a case, 40 if none
are asked for. Each case is a base (llama.json or metaspace.json) with other added tokens, and in
`model` and `normalizer` what else differs. Rows of `segments` have special tokens between texts.
"""
import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")
TOKENS = {
    "<x>": "", "<x>y": "", "<l>": "lstrip", "<r>": "rstrip", "<b>": "lstrip rstrip",
    "<w>": "single_word", "word": "single_word", "<n>": "normalized", "nn": "normalized single_word",
    "<nl>": "normalized lstrip rstrip", "x><": "special", "<e>": "special rstrip",
    "<a>": "special lstrip", "日本": "", "é": "", "e\u0301": "", " two": "", "a\u0301 b": "normalized",
    "<wl>": "single_word lstrip rstrip", "the": "single_word",
}
PIECES = list(TOKENS) + [
    " ", "  ", "\n", "\t", "\u00a0", "\u3000", "\u2028", "a", "b", "_", "1", "\u0301", "\u200d",
    "-", "<", "x", ">", "word", "words", "cat", "the", " the", "▁", "🙂", "日", "é", "nn", "n", "Ⅷ",
    "²", "\u0903", "</s>", "<s>", "<unk>", ".", "two", "\u001c", "\u0085", "\u200b", "٣", "ª",
]


def variant(base, tokens, model={}, normalizer=...):
    """The tokenizer, with the tokens that it says it has."""
    document = json.loads((HERE / base).read_text())
    document["model"].update(model)
    if normalizer is not ...:
        document["normalizer"] = normalizer
    known = document["model"]["vocab"]
    number = len(known)
    for name, flags in tokens.items():
        entry = {"id": known.get(name, number), "content": name}
        number += name not in known
        entry.update({flag: flag in flags.split() for flag in FLAGS})
        document["added_tokens"].append(entry)
    made = Tokenizer.from_str(json.dumps(document))
    return made, document["added_tokens"]


def texts(count, seed):
    fixed = ["", " ", "a <x> b", "a  <x> b", "a<x>b", "<x>", "<x><x>", "<x> <x>", "a  <l>  b",
             "a  <r>  b", "a  <b>  b", " <b> ", "sword word words word", "<w>a<w> <w>", "a<n>b",
             "a <n> b", "<n>", "nn nnn nn", "<x><y", "<x>y", "<x><", "é e\u0301", "one two  two",
             "</s><x></s>", "a\n<b>\tb", "<b><b>  <b>"]
    random.seed(seed)
    return fixed + ["".join(random.choices(PIECES, k=random.randint(1, 12)))
                    for _ in range(count)]


def segments(made, names, count, seed):
    """Texts with special tokens between them, which this library sees in one string."""
    random.seed(seed)
    rows = []
    for _ in range(count):
        row = []
        for _ in range(random.randint(1, 5)):
            row.append(["text", "".join(random.choices(PIECES[:1] + PIECES[20:44], k=4))])
            row.append(["special", random.choice(names)])
        text = "".join(part for _, part in row)
        # Names that come up across a border are not what is meant.
        if sum(text.count(name) for name in names) != len(row) // 2 or "x><" in text:
            continue
        ids = made.encode(text, add_special_tokens=False).ids
        rows.append({"segments": row, "ids": ids})
    return rows


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    never = {"type": "Sequence", "normalizers": [replace]}
    bare = {"byte_fallback": False, "fuse_unk": False}
    cases = [
        ("llama.json", TOKENS, {}, ...),
        ("metaspace.json", TOKENS, {}, ...),
        ("llama.json", TOKENS, {}, never),
        ("llama.json", {"<x>": "", "<n>": "normalized"}, bare, ...),
        ("metaspace.json", {"<x>": "normalized"}, {**bare, "fuse_unk": True}, ...),
    ]
    answer = []
    for seed, (base, tokens, model, normalizer) in enumerate(cases):
        made, added = variant(base, tokens, model, normalizer)
        case = {"base": base, "model": model, "added_tokens": added}
        if normalizer is not ...:
            case["normalizer"] = normalizer
        if "<e>" in tokens:
            case["segments"] = segments(made, ["<e>", "<a>", "</s>"], count // 2, seed)
        made.encode_special_tokens = True
        case["rows"] = [{"text": text, "ids": made.encode(text, add_special_tokens=False).ids}
                        for text in texts(count, seed)]
        answer.append(case)
    lines = [json.dumps(case, separators=(",", ":")).replace('{"text"', '\n{"text"')
             .replace('{"segments"', '\n{"segments"') for case in answer]
    (HERE / "added-tokens.json").write_text("[" + ",\n".join(lines) + "]\n")


if __name__ == "__main__":
    main()
