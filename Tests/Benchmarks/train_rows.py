"""The rows of training: a step of each stage at 7B's widths, few layers.

SPDX-License-Identifier: Apache-2.0
"""
from setting import compare

IMAGE_ROWS, TOKENS = 256, 64
RANK = 128
NOTE = ("A whole step, update included: a sequence of an image of 256 rows and 64 tokens, {layers}"
        " layers of 7B's widths, embedding and head.")


def train(setting, table):
    """Stage 1 and LoRA beside PyTorch: with gradient checkpointing, and keeping all activations."""
    for layers in (2, 4):
        for name, rank in (("stage 1", 0), (f"LoRA r{RANK}", RANK)):
            options = ["--tokens", TOKENS, "--image-rows", IMAGE_ROWS, "--lora", rank,
                       "--warm-ups", 1]
            peers = [setting.torch_training([*options, "--checkpointing"], layers),
                     setting.torch_training(options, layers)]
            compare(setting, table, f"step of {name}, {layers} layers", "tokens/s",
                    IMAGE_ROWS + TOKENS, lambda: setting.ours_training(options, layers), peers,
                    note=NOTE.format(layers=layers))
