#!/usr/bin/env python3
"""Writes scienceqa-problems.json, made-up problems, and scienceqa-prompts.json, what they become.

SPDX-License-Identifier: Apache-2.0

The formats are written down here as tables, by the reference's description and not by its code. Each
entry of scienceqa-prompts.json is a code and the SHA-256 of the files that the two tasks write for it;
`shown` holds some of them whole, so that people can read what is expected.
"""
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent
BREAKS = "A first line.\nA second one.\n\nAfter an empty line."


def problem(question, choices, answer, subject, grade, split, **others):
    entry = {"question": question, "choices": choices, "answer": answer, "hint": "", "image": None,
             "task": "closed choice", "grade": f"grade{grade}", "subject": f"{subject} science",
             "topic": "t", "category": "c", "skill": "s", "lecture": "", "solution": "",
             "split": split}
    return entry | others


PROBLEMS = {
    "1": problem("Which is heavier?", ["a stone", "a feather"], 0, "natural", 2, "train",
                 lecture="Mass is how much there is.", solution="A stone has more mass."),
    "2": problem("What is shown?", ["a cat", "a dog", "a bird"], 2, "natural", 7, "train",
                 image="image.png", lecture=BREAKS, solution="It has wings."),
    "30": problem("Who wrote it?  Two spaces,   three.", ["x", "y", "z", "u", "v"], 4, "social", 12,
                  "val", hint="  A letter  from 1816. ", solution="Look\\nthere."),
    "4": problem("Neither lecture nor solution?", ["yes", "no"], 1, "language", 6, "test"),
    "5": problem("Blank ones?", ["yes", "no"], 0, "language", 1, "test", lecture=" \n ",
                 solution="  "),
    "6": problem("BECAUSE: of what?", ["a BECAUSE:", "b"], 0, "social", 9, "test",
                 image="image.png", hint="Seen BECAUSE:"),
    "7": problem("Question: twice? Question: yes.", ["Question: a", "Answer: b"], 1, "language", 3,
                 "test", solution="Answer: no. Answer: yes."),
    "8": problem("Où est l'été ? \U0001f600 \u2028", ["\u00e9", "e\u0301", "\u65e5\u672c"], 1,
                 "natural", 4, "test", lecture="\u00a0Caf\u00e9\u3000", hint="\u00a0"),
    "9": problem("A \"quote\" and a \\ and a tab\t?", ["\u0001", "\u007f", "/"], 0, "natural", 11,
                 "minival", solution="It is a control character."),
    "10": problem("  Spaces around?  ", ["  a ", ""], 0, "social", 5, "test",
                  hint="A hint.\nIn two lines.", image="image.png", lecture="Ends in BECAUSE:"),
    "11": problem("One choice?", ["only"], 0, "social", 8, "val", solution="Ends in BECAUSE: "),
    "12": problem("<image> in words?", ["<image>", "b"], 1, "natural", 10, "test",
                  image="/elsewhere/image.png", solution="It is\r\nhere."),
}

INPUTS = {"CQM": "CQO", "QCM": "QCO", "QCML": "QCOl", "QCME": "QCOe", "QCMLE": "QCOb",
          "QCLM": "QClO", "QCEM": "QCeO", "QCLEM": "QCbO"}
# l: lecture, e: solution, A: the sentence, B: the word BECAUSE: before what follows. AL and AE have
# the wrong one, as the reference's.
OUTPUTS = {"A": "A", "AL": "ABe", "AE": "ABl", "ALE": "ABle", "AEL": "ABel", "LA": "lA", "EA": "eA",
           "LEA": "leA", "ELA": "elA"}


def tidy(text, opening):
    text = text.replace("  ", " ").strip()
    if text.endswith("BECAUSE:"):
        text = text.replace("BECAUSE:", "").strip()
    return text.replace(opening, "") if text.startswith(opening) else text


def halves(entry, code):
    source, target = code.split("-")
    # The converter's way out and back makes a line break of a backslash and an n.
    lecture, solution = (entry[k].replace("\\n", "\n") for k in ("lecture", "solution"))
    letter = "ABCDE"[entry["answer"]]
    options = " ".join(f"({a}) {c}" for a, c in zip("ABCDE", entry["choices"]))
    lines = {"Q": "Question: " + entry["question"], "C": "Context: " + (entry["hint"].strip() or "N/A"),
             "O": "Options: " + options, "l": "BECAUSE: " + lecture, "e": "BECAUSE: " + solution,
             "b": "BECAUSE: " + lecture + " " + solution}
    question = "\n".join(lines[part] for part in INPUTS[source]) + "\n"
    if target == "LEPA":
        reasons = [("LECTURE: ", lecture), ("SOLUTION: ", solution)]
        answer = "".join(n + t + "\n" for n, t in reasons if t.strip()) + f"###\nANSWER: {letter}."
    else:
        words = {"A": f"The answer is {letter}.", "B": "BECAUSE:", "l": lecture, "e": solution}
        answer = " ".join(["Answer:"] + [words[part] for part in OUTPUTS[target]])
    return tidy(question, "Question: "), tidy(answer, "Answer: ")


def record(name, entry, code, task):
    question, answer = halves(entry, code)
    result = {"id": name}
    if entry["image"] is not None:
        result["image"] = entry["image"] if entry["image"][0] == "/" else name + "/" + entry["image"]
        question += "\n<image>"
    if task == "jsonl":
        return result | {"instruction": question, "output": answer}
    return result | {"conversations": [{"from": "human", "value": question},
                                       {"from": "gpt", "value": answer}]}


def file(code, task):
    records = [record(name, entry, code, task) for name, entry in PROBLEMS.items()]
    if task == "llava":
        return json.dumps(records, indent=2)
    return "".join(json.dumps(r) + "\n" for r in records)


def main():
    text = json.dumps(PROBLEMS, indent=1, ensure_ascii=False)
    (HERE / "scienceqa-problems.json").write_text(text + "\n", encoding="utf-8")
    codes = [f"{i}-{o}" for i in INPUTS for o in [*OUTPUTS, "LEPA"]]
    digests = {code: {task: hashlib.sha256(file(code, task).encode()).hexdigest()
                      for task in ("llava", "jsonl")} for code in codes}
    shown = {code: [record(name, entry, code, "llava") for name, entry in PROBLEMS.items()]
             for code in ("QCM-LEPA", "CQM-A", "QCLEM-AL")}
    golden = {"sha256": digests, "shown": shown}
    (HERE / "scienceqa-prompts.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
