"""Reads the tools' tensor streams.

SPDX-License-Identifier: Apache-2.0
"""
import io
import json
import struct

import zstandard
from safetensors.torch import load


def records(data):
    """Yields (metadata, tensors) of each data record; fails on a skip and on a missing end."""
    file = io.BytesIO(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        file = io.BytesIO(reader.read())
    kind = None
    while size := file.read(8):
        head = file.read(struct.unpack("<Q", size)[0])
        entries = json.loads(head)
        metadata = entries.pop("__metadata__", {})
        length = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        kind = metadata["ts.kind"]
        if kind == "skip":
            raise ValueError(f"record {metadata['id']} was skipped: {metadata['ts.error']}")
        if kind == "data":
            yield metadata, load(size + head + file.read(length))
    if kind != "end":
        raise ValueError("the stream has no end record")
