"""The tiny LLaVA's tokenizer: how it is trained, and how a question becomes ids.

SPDX-License-Identifier: Apache-2.0

    python examples/tiny-llava/tokens.py --output FOLDER     # needs sentencepiece and tokenizers
The rules are LLaVA's (template vicuna_v1): the text is cut at `<image>`, each side is encoded on
its own, BOS stands at the very front.
"""
import argparse
import io
import json
import random
import string
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, decoders, models, pre_tokenizers, processors
from tokenizers import Tokenizer as JSONTokenizer

import scenes

SYSTEM = ("A chat between a curious user and an artificial intelligence assistant. The assistant "
          "gives helpful, detailed, and polite answers to the user's questions.")
PIECES, IMAGE, PAD, ROWS = 640, 640, 641, 704
BOS, EOS = 1, 2


def corpus():
    """Lines of the kind the model reads and writes, and every printable character."""
    draw = random.Random(1)
    for _ in range(4000):
        scene = scenes.random_scene(draw)
        for _, question, answer in scenes.questions(scene, draw):
            yield f"USER: {question} ASSISTANT: {answer}"
    yield from [f"{SYSTEM} USER: "] * 4000
    yield " ".join("".join(string.printable.split()))


def train_tokenizer(path):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=corpus(), model_writer=model, model_type="bpe", vocab_size=PIECES,
        byte_fallback=True, character_coverage=1.0, normalization_rule_name="identity",
        remove_extra_whitespaces=False, add_dummy_prefix=True, split_digits=True,
        allow_whitespace_only_pieces=True, unk_id=0, bos_id=BOS, eos_id=EOS, pad_id=-1,
        num_threads=1, minloglevel=2)
    path.write_bytes(model.getvalue())


def write_tokenizer_files(folder):
    """The JSON files that stand beside tokenizer.model in a llava-hf directory."""
    def token(text):
        return {"content": text, "lstrip": False, "normalized": False, "rstrip": False,
                "single_word": False, "special": True}

    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
               "pad_token": "<pad>"}
    added = {0: "<unk>", 1: "<s>", 2: "</s>", IMAGE: "<image>", PAD: "<pad>"}
    files = {
        "added_tokens.json": {"<image>": IMAGE, "<pad>": PAD},
        "special_tokens_map.json": {name: token(text) for name, text in special.items()},
        "tokenizer_config.json": {
            "add_bos_token": True, "add_eos_token": False,
            "added_tokens_decoder": {str(number): token(text) for number, text in added.items()},
            **special, "clean_up_tokenization_spaces": False, "legacy": False,
            "model_max_length": 2048, "padding_side": "left", "sp_model_kwargs": {},
            "tokenizer_class": "LlamaTokenizer", "use_default_system_prompt": False}}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")


def write_tokenizer_json(folder):
    """tokenizer.json, for programs that do not read tokenizer.model: the same ids."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    ids = {pieces.id_to_piece(number): number for number in range(pieces.get_piece_size())}
    merges = []
    for piece, number in ids.items():
        if number <= EOS or pieces.is_byte(number):
            continue
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in ids and right in ids:
                merges.append((-pieces.get_score(number), ids[left], ids[right], left, right))
    made = JSONTokenizer(models.BPE(vocab=ids, merges=[merge[-2:] for merge in sorted(merges)],
                                    unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="first", split=False)
    made.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(),
                                      decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    made.add_special_tokens([AddedToken(text, normalized=False, special=True)
                             for text in ("<unk>", "<s>", "</s>", "<image>", "<pad>")])
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", BOS)])
    made.save(str(folder / "tokenizer.json"))


class Tokenizer:
    """Encodes and decodes with a tokenizer.model, by LLaVA's rules."""

    def __init__(self, path):
        self.model = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.known = {}
        # What stands before the image in every prompt.
        self.opening = [BOS] + self.encode(f"{SYSTEM} USER: ")

    def encode(self, text):
        """Ids of one stretch of text."""
        if text not in self.known:
            self.known[text] = self.model.encode(text)
        return self.known[text]

    def decode(self, ids):
        return self.model.decode([i for i in ids if 2 < i < PIECES])

    def question(self, text):
        """Ids after the image for a first question without an answer."""
        return self.encode(f"\n{text} ASSISTANT:")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--output", type=Path, required=True)
    folder = options.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    train_tokenizer(folder / "tokenizer.model")
    write_tokenizer_files(folder)
    write_tokenizer_json(folder)


if __name__ == "__main__":
    main()
