"""Captions to time caption-filter on, and its selection in plain Python as a peer.

SPDX-License-Identifier: Apache-2.0

    python captions.py make COUNT > captions.jsonl
    python captions.py filter captions.jsonl > selected.jsonl    # phrases given, as they are
Phrases are made-up words whose frequencies fall as Zipf's law says, about three a caption, as in CC3M;
each record also has them as a list, `phrases`.
"""
import collections
import itertools
import json
import random
import sys

SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
# Of these the chunker knows the first ones; a phrase stands for itself in each gap.
TEMPLATES = ["a {} on the {}", "{} with the {} in a {}", "the {} of {}", "a {} sitting near the {}",
             "{} and {} during the {}", "portrait of a {} wearing {}", "a {} is looking at the {}"]
ADJECTIVES = ["red", "old", "small", "beautiful", "young", "white", "wooden", "happy"]


def phrase(number):
    """A noun of three syllables or more, with an adjective before every second one."""
    word, rest = "", number // 2
    while rest or len(word) < 6:
        rest, syllable = divmod(rest, len(SYLLABLES))
        word += SYLLABLES[syllable]
    return f"{ADJECTIVES[number // 2 % 8]} {word}k" if number % 2 else word + "k"


def make(count, out):
    """Writes `count` records. The most frequent phrase is in about every twelfth caption."""
    chance = random.Random(7)
    most = max(100, count // 3)
    weights = list(itertools.accumulate(1 / (rank + 20) for rank in range(most)))
    for number in range(count):
        template = chance.choice(TEMPLATES)
        phrases = [phrase(each) for each in chance.choices(
            range(most), cum_weights=weights, k=template.count("{}"))]
        name = f"GCC_train_{number:09}"
        out.write(json.dumps(
            {"id": name, "image": name + ".jpg", "url": f"http://example.com/pictures/{name}.jpg",
             "caption": template.format(*phrases), "phrases": phrases},
            separators=(",", ":")) + "\n")


def choose(path, out, least=3, cap=100):
    """The rule of caption-filter --phrases-from phrases --phrase-key as-is, with other draws."""
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    captions = collections.defaultdict(list)
    for place, line in enumerate(lines):
        for each in dict.fromkeys(json.loads(line)["phrases"]):
            captions[each].append(place)
    chance, chosen = random.Random(0), bytearray(len(lines))
    for places in sorted((each for each in captions.values() if len(each) >= least), key=len):
        for place in places if len(places) <= cap else chance.sample(places, cap):
            chosen[place] = 1
    out.writelines(itertools.compress(lines, chosen))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), sys.stdout)
    else:
        choose(sys.argv[2], sys.stdout)
