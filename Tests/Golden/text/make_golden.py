#!/usr/bin/env python3
"""Makes the tokenizer's golden files in this folder.

Needs sentencepiece, transformers and tokenizers. `python3 make_golden.py` writes:

  llama.model     a byte-pair model with LLaMA's settings and 400 pieces
  plain.model     one without byte fallback that removes extra spaces and has user-defined pieces;
                  some of its pieces are marked unused
  llama.json      llama.model as tokenizer.json (Prepend and Replace)
  metaspace.json  the same with Metaspace, prepend_scheme "first"
  ids.json        strings and the ids that each of them must yield, by the original libraries;
                  dialogues and the labels that LLaVA's measuring gives them
"""
import io
import json
import pathlib
import random
import re

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
WORDS = """a the cat dog sits on under near red blue green circle square picture shows what is this
describe image user assistant human question answer photo bird water house tree street man woman
children playing with small large two three seven running standing left right of and in USER:
ASSISTANT: ### Yes. No. curious artificial intelligence helpful, detailed, polite 2023 17 3.5 naïve
café über Straße Привет мир 日本 語 über été""".split()


def corpus():
    random.seed(7)
    for _ in range(2000):
        yield " ".join(random.choices(WORDS, k=random.randint(2, 12)))
    yield from ["   indented\tand\ttabbed", "two  spaces", "x   y    z     w"] * 40


def train(name, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=corpus(), model_writer=model, model_type="bpe", num_threads=1,
        minloglevel=2, normalization_rule_name="identity", **options)
    made = proto.ModelProto.FromString(model.getvalue())
    made.trainer_spec.ClearField("input")
    if name == "plain":
        # Pieces that merging passes through but must not end with.
        for number in range(60, 260, 7):
            if made.pieces[number].type == 1 and len(made.pieces[number].piece) > 1:
                made.pieces[number].type = 5
    (HERE / f"{name}.model").write_bytes(made.SerializeToString(deterministic=True))
    return sentencepiece.SentencePieceProcessor(model_proto=made.SerializeToString())


def strings():
    fixed = [
        "", " ", "  ", "   ", "\n", "\n\n", "\t", "a", " a", "a ", "  a  ", "a  b", "a\nb", "\na",
        "the cat", " the cat ", "the  cat   sits    on", "What is this?", "naïve café",
        "na\u0131ve cafe\u0301", "日本語", "日本 語です", "Привет, мир!", "🙂", "👩‍👩‍👧 family",
        "a🙂b", "\u0000", "a\u0000b", "\u0001\u0002\u001b[31m", "\u007f\u0080\u00a0\u2028",
        "\u3000wide\u3000space", "▁", "▁▁", "a▁b", "▁ a", " ▁", "<s>", "</s>", "<unk>", "<0x0A>",
        "<image>", "###", "### Human: hi", "USER: a ASSISTANT:", "\ufeffbom", "\ufffd", "\U0010ffff",
        "e\u0301\u0302\u0303", "\r\n", "x\r\ny", "2023", "3.5 17", "11111", "aaaaaaaaaaaaaaaaaaaa",
        "ababababababab", " " * 33, "\n" * 9, "a" * 200, "the cat " * 20, "<sep>", "a<sep>b",
        "<sep><sep>", "x <sep> y", "<long sep>a", "<long  sep>", "  <sep>  ", "user defined: ==>",
        "==>==>=>", "über Über", "ß ẞ", "ﬁ ligature", "①②③", "İstanbul", "שלום", "مرحبا", "नमस्ते",
        "한국어", "ไทย", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "a\u200bb", "a\u200db", "\u202eevil", "$100 & 50% @ #1",
        "http://example.org/?q=1&r=2", "{\"json\": [1, 2]}", "tab\tseparated\tvalues", "…—–“”‘’",
    ]
    random.seed(11)
    alphabet = list("abcdeht i  sn\n▁é日🙂.#:<>/ASUR") + ["cat", "the", " of", "<sep>", "ing"]
    made = ["".join(random.choices(alphabet, k=random.randint(1, 24))) for _ in range(80)]
    mixed = [" ".join(random.choices(WORDS, k=random.randint(1, 9))) for _ in range(40)]
    return fixed + made + mixed


def slow(processor, text, legacy, first):
    """LlamaTokenizer._tokenize of transformers 4.37 for one text between special tokens."""
    if not text:
        return []
    if legacy:
        return processor.encode(text)
    if first:
        text = "▁" + text.replace("▁", " ")
    spec = proto.ModelProto.FromString(processor.serialized_model_proto())
    spec.normalizer_spec.add_dummy_prefix = False
    bare = sentencepiece.SentencePieceProcessor(model_proto=spec.SerializeToString())
    if not text.startswith(("▁", " ")):
        return bare.encode(text)
    return bare.encode("<unk>" + text)[len(bare.encode("<unk>")):]


def dialogues(processor):
    """Lists of segments with their ids, for both settings of `legacy`."""
    lists = [
        [["text", "a cat"], ["special", "</s>"], ["text", "the dog"]],
        [["text", "USER: "], ["image"], ["text", "\nWhat is this? ASSISTANT:"]],
        [["image"], ["text", "a cat\n"]],
        [["special", "<s>"], ["text", "a"], ["special", "</s>"], ["special", "<s>"], ["text", " b"]],
        [["text", ""], ["special", "</s>"], ["text", ""]],
        [["text", "a"], ["text", " c"], ["text", "at"], ["image"], ["text", ""], ["text", "x"]],
        [["image"], ["image"]],
        [["text", "x </s> y"], ["special", "</s>"], ["text", "  z"]],
        [],
    ]
    rows = []
    for segments in lists:
        row = {"segments": segments}
        for legacy in (True, False):
            ids, images, run, first = [1], [], "", True
            for kind, *rest in segments + [["end"]]:
                if kind == "text":
                    run += rest[0]
                    continue
                ids += slow(processor, run, legacy, first)
                run = ""
                if kind == "special":
                    ids.append(processor.piece_to_id(rest[0]))
                    first = False
                elif kind == "image":
                    images.append(len(ids))
                    first = True
            row["legacy" if legacy else "modern"] = ids
            row["images_legacy" if legacy else "images_modern"] = images
        rows.append(row)
    return rows


def fast(processor, metaspace):
    """The tokenizer.json that transformers' converter would make of a SentencePiece model."""
    vocabulary = {processor.id_to_piece(i): i for i in range(processor.vocab_size())}
    merges = []
    for piece, number in vocabulary.items():
        halves = [(piece[:k], piece[k:]) for k in range(1, len(piece))]
        halves = [(l, r) for l, r in halves if l in vocabulary and r in vocabulary]
        halves = [] if processor.is_byte(number) or processor.is_control(number) else halves
        merges += [(number, vocabulary[l], vocabulary[r], l, r) for l, r in halves]
    merges = [(l, r) for *_, l, r in sorted(merges)]
    made = Tokenizer(models.BPE(
        vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if metaspace:
        made.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False)
    else:
        made.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback()])
    made.add_special_tokens([
        AddedToken(t, normalized=False, special=True) for t in ("<unk>", "<s>", "</s>")])
    name = "metaspace.json" if metaspace else "llama.json"
    (HERE / name).write_text(json.dumps(json.loads(made.to_str()), ensure_ascii=False))
    made.encode_special_tokens = True
    return made


def tokenize(processor, text, legacy):
    """The slow tokenizer on a string in which special tokens count, with BOS."""
    ids, first = [1], True
    for part in re.split("(<s>|</s>|<unk>)", text):
        if part in ("<s>", "</s>", "<unk>"):
            ids.append(processor.piece_to_id(part))
            first = False
        else:
            ids += slow(processor, part, legacy, first)
            first = first and not part
    return ids


def with_images(processor, text, legacy):
    """Stretches between images, each tokenized alone; -200 stands for an image."""
    ids = [1]
    for index, part in enumerate(text.split("<image>")):
        ids += ([-200] if index else []) + tokenize(processor, part, legacy)[1:]
    return ids


def masked(processor, text, legacy, ends, answer):
    """The reference's mask for the v1 and llama_2 templates: measured on pieces of the string."""
    ids = with_images(processor, text, legacy)
    labels, position = list(ids), 1
    labels[0] = -100
    for index, turn in enumerate(text.split(ends)):
        if not turn:
            break
        halves = turn.split(answer)
        if len(halves) != 2:
            break
        size = len(with_images(processor, turn, legacy))
        asked = len(with_images(processor, halves[0] + answer, legacy)) - 2
        if index and not legacy and answer == " ASSISTANT: ":
            size, asked = size - 1, asked - 1
        labels[position:position + asked] = [-100] * asked
        position += size
    labels[position:] = [-100] * len(labels[position:])
    return ids, labels, position == len(ids)


def v0(processor, header, turns, legacy):
    """The reference's v0 string. Its mask counts on LLaMA's own pieces for ###, so none here."""
    strings = [f"### {role}: {text}\n" for role, text in turns]
    ids = with_images(processor, header + "".join(strings) + "### ", legacy)
    return ids, None, True


def spans(labels):
    """Runs of labels that count, as [start, end)."""
    runs = []
    for index, label in enumerate(labels):
        if label == -100:
            continue
        if runs and runs[-1][1] == index:
            runs[-1][1] = index + 1
        else:
            runs.append([index, index + 1])
    return runs


def training(processor):
    """Dialogues with the ids and labels that the reference makes of them."""
    human = ("A chat between a curious human and an artificial intelligence assistant. The "
             "assistant gives helpful, detailed, and polite answers to the human's questions.")
    vision = ("You are a helpful language and vision assistant. You are able to understand the "
              "visual content that the user provides, and assist the user with a variety of tasks "
              "using natural language.")
    random.seed(17)
    dialogues = [
        ["<image>\nWhat is this?", "A cat."],
        ["<image>\nWhat is this?", "A cat.", "Sure?", "Yes."],
        ["What is this?", "A cat on\nthe street.", "Sure?", "Yes, naïve 🙂."],
        ["<image>", "a cat"], ["What?\n<image>", "the  dog "], ["q", "a", "q", "a", "q", "a"],
    ] + [[" ".join(random.choices(WORDS, k=random.randint(1, 6))).replace("ASSISTANT:", "x")
          for _ in range(random.choice([2, 4, 6]))] for _ in range(3)]
    rows = []
    for turns in dialogues:
        pairs = list(zip(turns[::2], turns[1::2]))
        two = human + " " + "".join(f"USER: {q} ASSISTANT: {a}</s>" for q, a in pairs)
        llama = "<s>".join(
            f"[INST] {q} [/INST] {a} </s>" for q, a in
            [(f"<<SYS>>\n{vision}\n<</SYS>>\n\n" + pairs[0][0], pairs[0][1])] + pairs[1:])
        names = [("Human", "Assistant")[i % 2] for i in range(len(turns))]
        for legacy in (True, False):
            made = {
                "llava_v1": masked(processor, two, legacy, "</s>", " ASSISTANT: "),
                "llava_llama_2": masked(processor, llama, legacy, "</s>", "[/INST] "),
                "llava_v0": v0(processor, human + "\n\n", list(zip(names, turns)), legacy),
            }
            if len(turns) == 2 and "<image>" in turns[0]:
                ids = with_images(processor, "<image>" + turns[1] + "\n", legacy)
                made["plain"] = ids, [-100, -100] + ids[2:], True
            for template, (ids, labels, agrees) in made.items():
                rows.append({"template": template, "legacy": legacy, "turns": turns,
                             "ids": ids, "loss": labels and spans(labels), "agrees": agrees})
    return rows


def main():
    llama = train(
        "llama", vocab_size=400, byte_fallback=True, add_dummy_prefix=True, split_digits=True,
        remove_extra_whitespaces=False, allow_whitespace_only_pieces=True,
        character_coverage=0.99)
    plain = train(
        "plain", vocab_size=260, byte_fallback=False, remove_extra_whitespaces=True,
        character_coverage=0.985, user_defined_symbols=["<sep>", "==>", "<long sep>"])
    joined, metaspace = fast(llama, False), fast(llama, True)
    rows = [{
        "text": text,
        "llama": llama.encode(text),
        "plain": plain.encode(text),
        "fast": joined.encode(text, add_special_tokens=False).ids,
        "metaspace": metaspace.encode(text, add_special_tokens=False).ids,
        "decoded": llama.decode(llama.encode(text)),
    } for text in strings()]
    random.seed(13)
    soups = [[random.randrange(3, 400) for _ in range(random.randint(1, 12))] for _ in range(40)]
    soups += [[random.randrange(3, 259) for _ in range(random.randint(1, 9))] for _ in range(40)]
    answer = {
        "strings": rows,
        "dialogues": dialogues(llama),
        "training": training(llama),
        "decode": [{"ids": ids, "text": llama.decode(ids)} for ids in soups],
    }
    (HERE / "ids.json").write_text(
        "{" + ",\n".join(
            f'"{key}":[\n' + ",\n".join(json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in value) + "]"
            for key, value in answer.items()) + "}\n")


if __name__ == "__main__":
    main()
