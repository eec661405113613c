"""Reads and writes the tools' tensor streams.

SPDX-License-Identifier: Apache-2.0
"""
import io
import json
import struct

import zstandard
from safetensors.torch import load, save


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


def image_of(metadata, tensors):
    """A safetensors image; its own writer puts the metadata in another order each time."""
    data = save(tensors)
    size = struct.unpack_from("<Q", data)[0]
    entries = json.loads(data[8:8 + size])
    head = json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data[8 + size:]


def written(content, schema, records):
    """The bytes of a stream of (id, JSON object, tensors), each in a frame of its own."""
    compressor = zstandard.ZstdCompressor(level=1, write_checksum=True)
    frames, total = [], 0

    def add(metadata, tensors):
        nonlocal total
        image = image_of({"ts.seq": str(len(frames)), **metadata}, tensors)
        frames.append(compressor.compress(image))
        total += len(image)

    add({"ts.kind": "header", "ts.version": "1", "ts.content": content,
         "ts.schema": json.dumps(schema, separators=(",", ":")),
         "ts.producer": "agreement/1"}, {})
    for name, value, tensors in records:
        add({"ts.kind": "data", "id": name, "json": json.dumps(value, separators=(",", ":"))},
            tensors)
    add({"ts.kind": "end", "ts.records": str(len(records)), "ts.skipped": "0",
         "ts.bytes": str(total)}, {})
    return b"".join(frames)
