"""Writes blocks.safetensors: rows of F32, and what the gguf package encodes them to.

SPDX-License-Identifier: Apache-2.0

Needs gguf, numpy and safetensors. The package's encoders give the bytes of llama.cpp's own.
"""
from pathlib import Path

import gguf
import numpy
from gguf import GGMLQuantizationType as Kind
from safetensors.numpy import save_file

HERE = Path(__file__).parent
BLOCK = 32


def inputs():
    """Blocks that are ordinary, and blocks at every edge: [blocks, 32]."""
    random = numpy.random.default_rng(32)
    ramp = numpy.arange(BLOCK)
    rows = [random.normal(0, 0.02, (8, BLOCK)), random.normal(0, 1, (4, BLOCK)),
            numpy.abs(random.normal(0, 0.1, (2, BLOCK))),
            -numpy.abs(random.normal(0, 0.1, (2, BLOCK)))]
    for scale in [1e4, 1e-3, 1e-6, 1e-7, 1e-38, 1e-40]:
        rows.append(random.normal(0, scale, (2, BLOCK)))
    # Halves that every format rounds, of either sign; one element alone; all alike; nothing.
    rows += [random.integers(-16, 17, (6, BLOCK)) / 2, random.integers(-254, 255, (4, BLOCK)) / 2,
             (ramp - 16)[None] / 2, numpy.where(ramp == 17, -3.7, 0)[None],
             numpy.full((1, BLOCK), 0.3), numpy.full((1, BLOCK), -0.3), numpy.zeros((1, BLOCK))]
    return numpy.concatenate(rows).astype(numpy.float32)


def main():
    rows = inputs()
    tensors = {"input": rows}
    with numpy.errstate(all="ignore"):
        for kind in [Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0]:
            tensors[kind.name] = numpy.ascontiguousarray(gguf.quants.quantize(rows, kind))
    save_file(tensors, HERE / "blocks.safetensors")


if __name__ == "__main__":
    main()
