"""chat-complete against a server of others': `transformers serve` with a tiny random LLaMA.

    python Tests/Agreement/chat_server.py --tools .build/release

Needs transformers with torch, and fastapi and uvicorn for its server. Run by hand: what a server
says about a wrong model, or counts as a token, changes from version to version.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import torch
import transformers

from verdicts import Table

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = ("{{ bos_token }}{% for message in messages %}{{ message['role'].upper() }}: "
            "{{ message['content'] }}\n{% endfor %}ASSISTANT:")
MOST_TOKENS = 12
SERVE = "from transformers.cli.transformers import main; main()"


def make_model(folder):
    """Two layers of a random LLaMA with the words of examples/tiny-llava."""
    torch.manual_seed(1)
    source = ROOT / "examples/tiny-llava"
    for name in ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]:
        shutil.copy(source / name, folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    config = transformers.LlamaConfig(
        vocab_size=704, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512,
        bos_token_id=1, eos_token_id=2, pad_token_id=641)
    model = transformers.LlamaForCausalLM(config).to(torch.float32)
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.3)
    model.save_pretrained(folder)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_server(folder, port, log):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--host", "127.0.0.1", "--port", str(port),
         "--device", "cpu", str(folder)],
        stdout=log, stderr=log, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    for _ in range(240):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
            return server
        except OSError:
            time.sleep(0.5)
    log.seek(0)
    sys.exit("the server does not start:\n" + log.read().decode(errors="replace")[-2000:])


def expected(folder, questions):
    """What transformers itself answers, greedily: text, why it ends, tokens of prompt and reply."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    answers = []
    for question in questions:
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True,
            return_tensors="pt", return_dict=True)
        found = model.generate(**prompt, do_sample=False, max_new_tokens=MOST_TOKENS)
        reply = found[0, prompt["input_ids"].shape[1]:]
        ends = reply[-1] == tokenizer.eos_token_id
        answers.append((tokenizer.decode(reply, skip_special_tokens=True),
                        "stop" if ends else "length", prompt["input_ids"].shape[1], len(reply)))
    return answers


class Client:
    def __init__(self, tools, url, model):
        self.command = [str(tools / "chat-complete"), "--url", url, "--no-key"]
        self.model = model

    def run(self, requests, *options, model=None):
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        done = subprocess.run(
            self.command + ["--model", model or self.model, *options], input=lines, text=True,
            capture_output=True, timeout=600)
        return done, [json.loads(line) for line in done.stdout.splitlines()]


def compare(table, client, folder, journal):
    questions = [f"What is in picture {number}?" for number in range(24)]
    requests = [{"id": str(number), "temperature": 0, "max_tokens": MOST_TOKENS,
                 "messages": [{"role": "user", "content": question}]}
                for number, question in enumerate(questions)]
    answers = expected(folder, questions)
    done, records = client.run(requests, "--jobs", "4", "--journal", str(journal))
    if done.returncode != 0:
        print(done.stderr)
    table.row("status", "-", "0", done.returncode, done.returncode == 0)
    table.row("ids in order", "-", "equal", len(records),
              [record["id"] for record in records] == [request["id"] for request in requests])
    texts = sum(record.get("text") == answer[0] for record, answer in zip(records, answers))
    table.row("greedy texts", "f32", "equal", f"{texts} of {len(answers)}", texts == len(answers))
    ends = sum(record.get("finish_reason") == answer[1]
               for record, answer in zip(records, answers))
    table.row("finish_reason", "-", "equal", f"{ends} of {len(answers)}", ends == len(answers))
    counts = sum((record.get("usage") or {}).get("prompt_tokens") == answer[2]
                 for record, answer in zip(records, answers))
    table.row("prompt_tokens", "-", "equal", f"{counts} of {len(answers)}",
              counts == len(answers))
    again, same = client.run(requests, "--journal", str(journal), "-v")
    table.row("again, from the journal", "-", "24 from the journal",
              again.stderr.strip().splitlines()[0][:60],
              same == records and "24 from the journal" in again.stderr)


def refusals(table, client):
    one = [{"id": "x", "messages": [{"role": "user", "content": "hi"}]}]
    wrong, _ = client.run(one, model="no-such/model")
    table.row("another model", "-", "status 4 or 1, one line", wrong.stderr.strip()[-200:],
              wrong.returncode in (1, 4) and not wrong.stdout.count('"text"'))
    client.command[2] += "/nowhere"
    path, _ = client.run(one)
    table.row("another path", "-", "status 4", path.stderr.strip()[-200:], path.returncode == 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / ".build/release")
    tools = parser.parse_args().tools.resolve()
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile() as log:
        folder = pathlib.Path(place) / "model"
        folder.mkdir()
        make_model(folder)
        port = free_port()
        server = start_server(folder, port, log)
        table = Table()
        try:
            client = Client(tools, f"http://127.0.0.1:{port}/v1", str(folder))
            compare(table, client, folder, pathlib.Path(place) / "journal")
            refusals(table, client)
        finally:
            server.terminate()
            server.wait()
    sys.exit(table.missed)


if __name__ == "__main__":
    main()
