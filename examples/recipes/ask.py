"""Asks about pictures from Python: the tools are started once, and answers come one by one.

SPDX-License-Identifier: Apache-2.0

    python3 ask.py 'What is this?' a.jpg b.jpg
"""
import json
import subprocess
import sys

PIPE = "convo-format | clip-encode | llava-project | vicuna-decode"


class Pipe:
    """The four tools, waiting for records. Answers come in the order of the records."""

    def __init__(self):
        self.process = subprocess.Popen(["bash", "-o", "pipefail", "-c", PIPE], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, image, question):
        """The answer, or None where the picture cannot be read: why stands on stderr."""
        record = json.dumps({"image": image, "text": question})
        self.process.stdin.write(record + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the pipe ended with status {self.process.wait()}")
        answer = json.loads(line)
        return None if "skipped" in answer else answer["text"]

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


if __name__ == "__main__":
    pipe = Pipe()
    for image in sys.argv[2:]:
        print(image, pipe.ask(image, sys.argv[1]), sep="\t")
    sys.exit(pipe.close())
