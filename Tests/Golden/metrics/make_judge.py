#!/usr/bin/env python3
"""Makes judge-golden.json: a judge's requests and scores as Python computes them.

Written from the description of the reference's scripts alone, so that it says something about the
Swift code beside which it stands: three made-up sets of questions and answers, the texts that the
judge reads, the scores of awkward reviews, and the summary's lines.

    python3 make_judge.py > judge-golden.json
"""
# SPDX-License-Identifier: Apache-2.0
import json
import random

SYSTEM = "You are a helpful and precise assistant for checking the quality of the answer."

RULES = {
    "default": {"role": "Assistant", "prompt": "Two scores.\nThen why. "},
    "conv": {"role": "Assistant", "prompt": "Rate both, (x1, y1) are corners. \nFirst line: scores"},
    "detail": {"role": "Helper", "prompt": "Detail\n"},
    "complex": {"role": "", "prompt": "é\u0301 \"quoted\" \\ back"},
    "llava_bench_conv": {"role": "Assistant", "prompt": "A few sentences."},
    "llava_bench_complex": {"role": "Assistant", "prompt": "Bench."},
}

# JSON text, not Python values: how a number is written in the file matters.
CONTEXT_VISUAL = [
    '{"id":"1","image":"a.jpg","captions":["A cat.","Two cats \\n on a mat"],"instances":'
    '[{"category":"cat","bbox":[0.0,0.720,1,1e-5]},{"category":"dining table","bbox":[0.34,1.0,-0.0,1.062]}]}',
    '{"id":2,"image":"b.jpg","captions":["Nothing here"],"instances":[]}',
    '{"image":"c.jpg","captions":["é","","x "],"instances":[{"category":"","bbox":[-0,12345678901234567890,1E2,0.1234567890123456789]}]}',
]
CONTEXT_BENCH = [
    '{"id":"001","image":"a.jpg","caption":"One caption."}',
    '{"image":"b.jpg","caption":["First.","Second."]}',
    '{"image":"c.jpg","caption":""}',
]


def questions(categories):
    return [
        {"question_id": 1, "image": "a.jpg", "category": categories[0], "text": "What is it?"},
        {"question_id": "two", "image": "b.jpg", "category": categories[1], "text": "Line\n\nline\n"},
        {"question_id": 3, "image": "c.jpg", "category": categories[2], "text": ""},
    ]


def answers(who):
    return [
        {"question_id": 1, "text": f"{who} says [End of Assistant 1]", "answer_id": f"{who}-1"},
        {"question_id": "two", "text": f"  {who}\r\n\n"},
        {"question_id": 3, "text": ""},
    ]


def content(question, first, second, rule, context):
    text = ""
    if context is not None:
        text += "[Context]\n" + context + "\n\n"
    text += "[Question]\n" + question + "\n\n"
    for number, answer in ((1, first), (2, second)):
        name = rule["role"] + " " + str(number)
        text += "[" + name + "]\n" + answer + "\n\n[End of " + name + "]\n\n"
    return text + "[System]\n" + rule["prompt"] + "\n\n"


def visual(line):
    record = json.loads(line)
    boxes = [i["category"] + ": " + str(i["bbox"]) for i in record["instances"]]
    return record["image"], "\n".join(record["captions"]) + "\n\n" + "\n".join(boxes)


def bench(line):
    record = json.loads(line)
    caption = record["caption"]
    return record["image"], caption if isinstance(caption, str) else "\n".join(caption)


def case(name, categories, context_lines, describe):
    contexts = dict(describe(line) for line in context_lines)
    asked, first, second = questions(categories), answers("gpt4"), answers("llava")
    prefix = "llava_bench_" if name == "bench" else ""
    expected = []
    for question, one, two in zip(asked, first, second):
        key = prefix + question["category"]
        rule = RULES.get(key, RULES["default"]) if name == "text" else RULES[key]
        context = contexts.get(question["image"]) if context_lines else None
        texts = [one["text"], two["text"]]
        expected.append({
            "question_id": question["question_id"], "category": key, "system": SYSTEM,
            "answer1_id": one.get("answer_id", one["question_id"]),
            "answer2_id": two.get("answer_id", two["question_id"]),
            "user": content(question["text"], *texts, rule, context),
            "swapped": content(question["text"], *texts[::-1], rule, context),
        })
    return {"name": name, "questions": asked, "reference": first, "candidate": second,
            "context": context_lines, "expected": expected}


def parsed(review):
    fields = review.split("\n")[0].replace(",", " ").split(" ")
    try:
        return [float(f) for f in fields] if len(fields) == 2 else None
    except ValueError:
        return None


def parses():
    """Reviews that are likely to be numbers, and almost."""
    rng = random.Random(7)
    pieces = ["8", "9", "0", "1", "5", "07", "10", ".5", "8.25", "1_0", "e1", ".", "e", "E", "+", "-", "_", " ", ",", "\t", "\r", "\n", "inf",
              "nan", "Infinity", "٣", "８", "\u00a0", "\u2009", "\u001c", "x", "/10", "1e400", "½",
              "\u0085", "²", "\x00", "e\u0301"]
    reviews = {"", " ", "  ", "8 9", "infinity -inf", "+NAN 1", "1__0 5", "_1 5", "1_ 5", "1_.0 5",
               "1._0 5", ". 5", "5. .5", "1e 5", "1e+ 5", "0x8 9", "8\t9 1", "1e400 -1e400", "İnf 1",
               "8 \x0b9\x0c", "8 9\x00", "8\u00a0 9", "8\u00a09"}
    while len(reviews) < 600:
        left = "".join(rng.choices(pieces, k=rng.choice([1, 1, 2, 3])))
        right = "".join(rng.choices(pieces, k=rng.choice([1, 1, 2, 3])))
        reviews.add(left + rng.choice([" ", " ", ","]) + right)
    result = []
    for review in sorted(reviews):
        pair = parsed(review)
        result.append([review, None if pair is None else [str(x) for x in pair]])
    return result


def summaries():
    """The summary's numbers, sums in the order of the rows."""
    rng = random.Random(11)
    result = []
    for count in (1, 2, 3, 7, 30, 80):
        for step in (1.0, 0.5, 0.05, 0.01):
            pairs = [[round(rng.randint(100, 1000) / 100 / step) * step for _ in range(2)]
                     for _ in range(count)]
            sums = [0.0, 0.0]
            for pair in pairs:
                sums = [a + b for a, b in zip(sums, pair)]
            one, two = (round(s / count, 3) for s in sums)
            line = f"{round(two / one * 100, 1)} {round(one * 10, 1)} {round(two * 10, 1)}"
            result.append({"pairs": pairs, "line": line})
    return result


golden = {
    "rules": RULES,
    "cases": [
        case("text", ["knowledge", "detail", "conv"], [], None),
        case("visual", ["conv", "detail", "complex"], CONTEXT_VISUAL, visual),
        case("bench", ["conv", "complex", "conv"], CONTEXT_BENCH, bench),
    ],
    "parses": parses(),
    "summaries": summaries(),
}
print(json.dumps(golden, ensure_ascii=True, indent=0))
