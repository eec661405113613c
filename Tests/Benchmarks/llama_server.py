"""Captions of llama-server: all pictures asked for at once, as many answered together as it has slots.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import concurrent.futures
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from turns import Missing, last_line

PROGRAM = "llama-server"
TOKENS = 768  # of a slot: the picture's, the text's and the answer's
PATIENCE = 300  # seconds until it has loaded its files


def command(peer, model, tower, slots, more=()):
    program = peer.folder / PROGRAM
    if not program.exists():
        raise Missing(f"no {PROGRAM} in {peer.folder}")
    return [program, "-m", model, "--mmproj", tower, "-np", slots, "-c", TOKENS * slots,
            *peer.threads, "--no-jinja", "--chat-template", "vicuna", *more]


class LlamaServer:
    """A running server; `captions` may be called any number of times."""

    def __init__(self, line):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.messages = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*map(str, line), "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.DEVNULL, stdout=self.messages, stderr=self.messages)
        self.wait()

    def wait(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.address + "/health"):
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        self.messages.seek(0)
        last = last_line(self.messages.read())
        self.close()
        raise Missing(f"{PROGRAM} does not start: {last}")

    def ask(self, picture, new):
        data = base64.b64encode(picture.read_bytes()).decode()
        body = {"max_tokens": new, "ignore_eos": True, "temperature": 0, "messages": [
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}},
                {"type": "text", "text": "Describe this image."}]}]}
        request = urllib.request.Request(
            self.address + "/v1/chat/completions", json.dumps(body).encode(),
            {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                tokens = json.load(answer)["usage"]["completion_tokens"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{PROGRAM}: {error}: {error.read()[:200]}") from error
        assert tokens == new, f"{PROGRAM}: {tokens} tokens instead of {new}"

    def captions(self, pictures, new):
        """Seconds an image."""
        began = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(len(pictures)) as pool:
            list(pool.map(lambda picture: self.ask(picture, new), pictures))
        return (time.perf_counter() - began) / len(pictures)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.messages.close()
