"""Makes the tiny checkpoints of this folder with PyTorch, and lists what they hold.

SPDX-License-Identifier: Apache-2.0

Needs torch and transformers: python Tests/Golden/pickles/make_golden.py
README.md beside this file says what each file is.
"""
import collections
import io
from pathlib import Path

import torch
from torch import nn
from transformers import TrainingArguments

HERE = Path(__file__).resolve().parent
TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
         torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
         torch.uint8: "U8", torch.bool: "BOOL"}
rows = []


def write(name, value, **options):
    # By way of memory, where the folder in the archive is called "archive" whatever the path.
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    (HERE / name).write_bytes(buffer.getvalue())


def save(name, tensors, **options):
    """Writes a file that opens, and a row for each of its tensors."""
    write(name, tensors, **options)
    storages = {}
    for key, tensor in tensors.items():
        tensor = tensor.detach()
        storage = storages.setdefault(tensor.untyped_storage()._cdata, len(storages))
        offset = tensor.storage_offset() * tensor.element_size()
        contents = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        rows.append([name, key, TYPES[tensor.dtype], "x".join(map(str, tensor.shape)),
                     str(storage), str(offset if tensor.is_contiguous() else -1),
                     contents.hex()])


def every_type():
    values = torch.tensor([[0, 1, 2], [100, 7, 33]])
    tensors = {f"of {str(kind)[6:]}": values.to(kind) for kind in TYPES}
    tensors["negative"] = torch.tensor([-1.5, float("inf"), float("nan"), -0.0])
    tensors["scalar"] = torch.tensor(2.5)
    tensors["counter"] = torch.tensor(-(2 ** 62))
    tensors["empty"] = torch.zeros(0, 4)
    tensors["no elements, many rows"] = torch.zeros(1000, 0)
    tensors["rank 8"] = torch.arange(4).reshape(1, 2, 1, 1, 2, 1, 1, 1)
    tensors["größe/尺寸"] = torch.tensor([1], dtype=torch.uint8)
    return tensors


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight


def views():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    flat = torch.arange(20, dtype=torch.bfloat16)
    return {"base": base, "turned": base.t(), "row": base[2], "rows": base[1:3],
            "column": base[:, 4], "every other": base[::2, ::3], "block": base[1:3, 2:5],
            "none": base[4:], "element": base[3, 5], "flat.first": flat[:8].view(2, 4),
            "flat.second": flat[8:], "permuted": torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1)}


def main():
    torch.manual_seed(1)
    save("types.bin", every_type())
    save("module.bin", Tied().half().state_dict())
    save("parameters.bin", collections.OrderedDict(
        weight=nn.Parameter(torch.randn(2, 3)),
        frozen=nn.Parameter(torch.randn(3), requires_grad=False)))
    save("views.bin", views())
    # More than 256 values to remember.
    save("many.bin", {f"layers.{i}.weight": torch.tensor([i], dtype=torch.int16)
                      for i in range(80)})
    save("no-tensors.bin", {})

    ones = {"weight": torch.ones(2, 2)}
    write("legacy.bin", ones, _use_new_zipfile_serialization=False)
    write("expanded.bin", {"weight": torch.ones(1).expand(1000)})
    write("nested.bin", {"model": ones, "epoch": 3})
    write("list.bin", [torch.ones(1)])
    write("unsigned.bin", {"weight": torch.ones(2, dtype=torch.uint16)})
    write("complex.bin", {"weight": torch.ones(2, dtype=torch.complex64)})
    write("negated.bin", {"weight": torch._neg_view(torch.ones(2))})
    write("training_args.bin", TrainingArguments(output_dir="out", use_cpu=True))
    torch.serialization.set_crc32_options(False)
    write("no-checksums.bin", ones)
    torch.serialization.set_crc32_options(True)
    (HERE / "expected.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))


main()
