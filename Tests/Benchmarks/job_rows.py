"""The rows of whole programs: captions of a folder, start, memory, growth.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil
import subprocess
import time
from contextlib import closing

import memory
import models
from setting import CEILINGS, compare, shown
from turns import Missing, Side, by_turns, median, ratio, to_depth

NEW = 64
# Without the system's text, which llama.cpp's template of Vicuna does not have.
FORMAT = "convo-format --system '' --ask 'Describe this image.'"
WORDS = 8  # tokens of the text prompt


def shell(setting, line, data=None, ceiling="native"):
    """Seconds and output of a pipe of the tools."""
    environment = {**os.environ, **CEILINGS[ceiling], "LLAVA_THREADS": str(setting.threads),
                   "PATH": f"{setting.tools}:{os.environ['PATH']}"}
    began = time.perf_counter()
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], input=data, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(f"{line}: status {done.returncode}: {done.stderr.decode()[-400:]}")
    return time.perf_counter() - began, done.stdout


def pictures(setting, count):
    """The first `count` of the pictures that jobs share, twice `setting.images` in all."""
    return sorted(setting.store.pictures(2 * setting.images).iterdir())[:count]


def paths(setting, count):
    return "".join(f"{path}\n" for path in pictures(setting, count)).encode()


def pipe(setting, layers):
    """The line that a user types."""
    model = setting.store.llava(layers)
    return (f"{FORMAT} | clip-encode -m {model} | llava-project -m {model}"
            f" | vicuna-decode -m {model} --batch 16 --max-tokens {NEW}")


def captions(setting, layers, count, prompts):
    """Seconds for `count` pictures through the pipe; every caption must have all its tokens.
    `prompts`: receives the tokens of a prompt."""
    seconds, output = shell(setting, pipe(setting, layers), paths(setting, count))
    lines = [json.loads(line) for line in output.splitlines()]
    tokens = [line["completion_tokens"] for line in lines]
    assert tokens == [NEW] * count, f"captions of {sorted(set(tokens))} tokens, {len(tokens)} lines"
    prompts["ours"] = lines[0]["prompt_tokens"]
    return seconds


def increment(run, count):
    """Seconds an image: what `count` more take, so that starting is left out."""
    return (run(2 * count) - run(count)) / count


def job(setting, table):
    """Captions an hour; starting and loading left out on both sides."""
    count, prompts = setting.images, {}

    def ours():
        runs = {layers: lambda layers=layers: increment(
            lambda n: captions(setting, layers, n, prompts), count) for layers in setting.depths}
        line = pipe(setting, setting.layers)
        line = line.replace(str(setting.store.folder) + "/", "")
        return Side("pipe of the tools", runs, setting.full, f"ls pictures/*.jpg | {line}")

    def theirs():
        peer = setting.llama()
        given = {layers: (setting.store.gguf("Q4_0", layers),
                          setting.store.gguf("mmproj", side=336),
                          setting.store.pictures(1) / "000.jpg", NEW) for layers in setting.depths}

        def once(inputs):
            found = peer.caption(*inputs)
            prompts["llama.cpp's"] = found["prompt tokens"]
            return found["caption"]

        runs = {layers: lambda inputs=inputs: once(inputs) for layers, inputs in given.items()}
        return Side("llama-mtmd-cli Q4_0", runs, setting.full,
                    shown(peer.caption_command(*given[setting.layers])))

    compare(setting, table, f"captions, 336 px, {NEW} tokens, 7B", "an hour", 3600, ours,
            [[("llama-mtmd-cli Q4_0", theirs)]],
            note=lambda: f"ours: --batch 16, what {count} more pictures take after {count};"
            " llama.cpp's: its own lines of prompt and eval time, one picture. Tokens of a prompt,"
            " the image's rows among them: "
            f"{', '.join(f'{name} {most}' for name, most in prompts.items())}."
            f" {setting.note()}")
    stages(setting, table)


def our_stages(setting, layers):
    """Seconds an image in every stage, each run alone on files, starting included."""
    count, model = setting.images, setting.store.llava(layers)
    found, data = {}, shell(setting, FORMAT, paths(setting, count))[1]
    for name, tool in (("encode", "clip-encode"), ("project", "llava-project")):
        seconds, data = shell(setting, f"{tool} -m {model}", data)
        found[name] = seconds / count
    first, whole = (shell(setting, f"vicuna-decode -m {model} --batch 16 --max-tokens {new}",
                          data)[0] / count for new in (1, NEW))
    return {**found, "prefill": first, "decode": whole - first}


def their_stages(setting, layers):
    peer = setting.llama()
    found = peer.caption(setting.store.gguf("Q4_0", layers), setting.store.gguf("mmproj", side=336),
                         setting.store.pictures(1) / "000.jpg", NEW)
    return {"encode": found["encode"], "prefill": found["prompt"] - found["encode"],
            "decode": found["decode"]}


def stages(setting, table):
    """The arithmetic of the whole job, by stage."""
    def whole(measure):
        found = {layers: measure(setting, layers) for layers in setting.depths}
        deep = found[setting.layers]
        return {name: to_depth({layers: each[name] for layers, each in found.items()},
                               setting.full) if name in ("prefill", "decode") else seconds
                for name, seconds in deep.items()}

    mine, theirs, name = whole(our_stages), {}, "llama-mtmd-cli Q4_0"
    try:
        theirs = whole(their_stages)
    except Missing as reason:
        name = str(reason)
    table.add(what="seconds an image by stage",
              ours=" + ".join(f"{value:.2f}" for value in mine.values()),
              peer=" + ".join(f"{value:.2f}" for value in theirs.values()) or "-",
              ratio=sum(theirs.values()) / sum(mine.values()) if theirs else None,
              row=setting.row_name, peer_name=name,
              note=f"ours: {' + '.join(mine)}, each stage alone on {setting.images} pictures, once,"
              f" with its start; llama.cpp's: {' + '.join(theirs) or 'none'}, encode with the"
              " projector, prefill with the text's tokens.",
              values={"ours": mine, "peer": theirs})


def text_prompt():
    return json.dumps({"id": "a", "prompt": {
        "template": "plain", "segments": [{"text": "x"}], "stop": [],
        "tokens": [1] + [300 + number for number in range(WORDS - 1)],
        "image_positions": [], "image_order": []}}).encode() + b"\n"


def start(setting, table):
    """The first token of a short prompt, beside three bare steps; the page cache is warm."""
    options = ["--tokens", WORDS, "--batch", 1, "--times", 4]
    decoder = setting.tools / "vicuna-decode"

    def command(layers):
        return [decoder, "-m", setting.store.llava(layers), "--max-tokens", 1,
                "-j", setting.threads]

    def once(layers):
        began = time.perf_counter()
        subprocess.run([str(part) for part in command(layers)], input=text_prompt(), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began

    for layers in setting.depths:
        once(layers)
    first = Side("first token", {layers: lambda layers=layers: once(layers)
                                 for layers in setting.depths}, setting.full,
                 shown(command(setting.layers)))
    with closing(setting.ours("decode", options)) as step:
        times = by_turns([first, step], setting.repetitions, setting.budget)
    began, steps = times[first.name], times[step.name]
    table.add(what=f"first token of {WORDS}-token prompt, 7B",
              ours=f"{median(began):.3g} s", peer=f"{3 * median(steps):.3g} s",
              ratio=3 * ratio(began, steps), row=setting.row_name,
              peer_name="ours, three bare steps",
              note="from the start of the process to its end; page cache warm. " + setting.note(),
              commands=[first.command, step.command], values={"first": began, "step": steps})


def memory_rows(setting, table, what, data, options):
    """Resident memory of one vicuna-decode: weights, cache, and what is above them."""
    _, language = models.shape_of(setting.shape, 336, setting.layers)
    keys = (language["hidden_size"] // language["num_attention_heads"]
            * language["num_key_value_heads"])
    command = [setting.tools / "vicuna-decode", "-m", setting.store.llava(setting.layers),
               "-j", setting.threads, *options]
    output, _, weights, others = memory.run(command, data)
    answers = [json.loads(line) for line in output.splitlines()]
    positions = sum(each["prompt_tokens"] + each["completion_tokens"] for each in answers)
    cache = 2 * setting.layers * keys * positions * 2
    table.add(what=what, ours=f"{(others - cache) / 2**30:.2f} GiB above weights and cache",
              peer="-", row=setting.row_name,
              peer_name=f"weights {weights / 2**30:.2f} GiB, cache {cache / 2**30:.2f} GiB",
              note=f"resident, most at any time, {setting.layers} layers.",
              commands=[shown(command)],
              values={"weights": weights, "others": others, "cache": cache})


def memory_of(setting, table):
    memory_rows(setting, table, f"memory, {WORDS}-token prompt", text_prompt(),
                ["--max-tokens", NEW])
    model = setting.store.llava(setting.layers)
    _, words = shell(setting, f"{FORMAT} | clip-encode -m {model}"
                     f" | llava-project -m {model}", paths(setting, 16))
    memory_rows(setting, table, "memory, 16 captions together", words,
                ["--max-tokens", NEW, "--batch", 16])


def version(setting, table):
    """How long a tool takes to say its version, beside jq."""
    def timed(command):
        def once():
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            return time.perf_counter() - began
        return Side(command[0], {1: once}, 1, shown(command))

    sides = [timed([str(setting.tools / "convo-format"), "--version"])]
    if shutil.which("jq"):
        sides.append(timed(["jq", "--version"]))
    times = by_turns(sides, 30, setting.budget)
    ours, *others = (times[side.name] for side in sides)
    facts = {"peer_name": "no jq in PATH"}
    if others:
        facts = {"peer": f"{median(others[0]) * 1e3:.1f} ms", "ratio": ratio(ours, others[0]),
                 "peer_name": "jq"}
    table.add(what="convo-format --version, whole process",
              ours=f"{median(ours) * 1e3:.1f} ms", **facts,
              commands=[side.command for side in sides],
              values={"ours": ours, "peer": others[0] if others else []})


def growth(setting, table):
    """Time and memory of clip-encode as the folder grows."""
    model = setting.store.llava(models.SHALLOW)
    found = {}
    for count in (setting.images // 2, setting.images, 2 * setting.images):
        command = [setting.tools / "clip-encode", "-m", model, "-j", setting.threads]
        _, seconds, _, others = memory.run(command, paths(setting, count))
        found[count] = (seconds, others)
    counts = sorted(found)
    table.add(what=f"clip-encode of {', '.join(map(str, counts))} images",
              ours=", ".join(f"{found[count][0]:.1f}" for count in counts) + " s",
              peer=", ".join(f"{found[count][1] / 2**20:.0f}" for count in counts) + " MiB",
              ratio=found[counts[2]][0] / found[counts[0]][0], row=setting.row_name,
              peer_name="its memory above the weights",
              note="Ratio: seconds of the most images over those of the fewest, a quarter of them.",
              commands=[shown(command)], values={str(count): found[count] for count in counts})
