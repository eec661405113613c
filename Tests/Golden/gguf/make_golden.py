"""Writes blocks.gguf, a tensor of each format, and expected.safetensors, what gguf decodes of them.

SPDX-License-Identifier: Apache-2.0

Needs gguf, numpy and safetensors. Blocks are random bytes, so that every bit of every field counts;
only their f16 scales are made to be ordinary numbers, of either sign and some of them subnormal.
"""
from pathlib import Path

import gguf
import numpy
from gguf import GGMLQuantizationType as Kind
from safetensors.numpy import save_file

HERE = Path(__file__).parent
ROWS, COLUMNS = 2, 256
# Where the f16 scales of a block stand.
SCALES = {Kind.Q4_0: [0], Kind.Q4_1: [0, 2], Kind.Q5_0: [0], Kind.Q5_1: [0, 2], Kind.Q8_0: [0],
          Kind.Q2_K: [80, 82], Kind.Q3_K: [108], Kind.Q4_K: [0, 2], Kind.Q5_K: [0, 2],
          Kind.Q6_K: [208]}


def blocks(random, kind):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    count = ROWS * COLUMNS // elements
    raw = random.integers(0, 256, (count, size), dtype=numpy.uint8)
    for place in SCALES[kind]:
        scales = random.normal(0, 0.02, count).astype(numpy.float16)
        scales[0] = numpy.float16(3e-6)
        raw[:, place:place + 2] = scales.view(numpy.uint8).reshape(count, 2)
    return raw.reshape(ROWS, -1)


def main():
    random = numpy.random.default_rng(16)
    writer = gguf.GGUFWriter(HERE / "blocks.gguf", "test")
    writer.add_array("test.texts", ["a", "", "ä"])
    writer.add_array("test.numbers", [-1, 0, 7])
    writer.add_float32("test.float", 0.1)
    writer.add_bool("test.flag", True)
    expected = {}
    plain = random.normal(0, 1, (ROWS, COLUMNS)).astype(numpy.float32)
    for kind in [Kind.F32, Kind.F16, Kind.BF16]:
        data = gguf.quants.quantize(plain, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.quants.dequantize(data, kind)
    for kind in SCALES:
        data = blocks(random, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.quants.dequantize(data, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file({name: numpy.ascontiguousarray(value, numpy.float32)
               for name, value in expected.items()}, HERE / "expected.safetensors")


if __name__ == "__main__":
    main()
