"""Writes llama.cpp's logits of some inputs, through the bindings that lie beside its source.

SPDX-License-Identifier: Apache-2.0

    python llama_logits.py BUILDS MODEL.gguf INPUTS.npz LOGITS.npz THREADS
BUILDS is the folder of Tests/Benchmarks/llama_cpp.sh. INPUTS has arrays [rows, width] in f32, the
embeddings of one sequence each; LOGITS gets arrays [rows, vocabulary] by the same names. Run as a
process of its own: the library prints, and ends the process where it fails.
"""
import ctypes
import os
import sys
import types
from pathlib import Path

import numpy


def bindings(builds):
    """(folder of the bindings, folder of the library of their version), or why there are none."""
    for library in sorted(Path(builds).glob("native-*/bin/libllama.so")):
        version = library.parent.parent.name.removeprefix("native-")
        package = Path(builds) / f"llama_cpp_python-{version}" / "llama_cpp"
        if (package / "llama_cpp.py").exists():
            return package, library.parent
    return f"no llama.cpp of Tests/Benchmarks/llama_cpp.sh in {Path(builds).name}"


def load(package, library):
    """The module of C functions alone: the package's own start imports more than is needed."""
    os.environ["LLAMA_CPP_LIB_PATH"] = str(library.resolve())
    empty = types.ModuleType("llama_cpp")
    empty.__path__ = [str(package)]
    sys.modules["llama_cpp"] = empty
    import llama_cpp.llama_cpp
    return llama_cpp.llama_cpp


def context_of(llama, path, rows, threads):
    model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
    if not model:
        sys.exit(f"llama.cpp does not read {path}")
    settings = llama.llama_context_default_params()
    settings.n_ctx = settings.n_batch = settings.n_ubatch = rows
    settings.n_threads = settings.n_threads_batch = threads
    context = llama.llama_init_from_model(model, settings)
    if not context:
        sys.exit("llama.cpp makes no context")
    return model, context


def logits(llama, context, vocabulary, inputs):
    """[rows, vocabulary] of one sequence, from an empty cache."""
    rows, width = inputs.shape
    llama.llama_memory_clear(llama.llama_get_memory(context), True)
    batch = llama.llama_batch_init(rows, width, 1)
    batch.n_tokens = rows
    values = numpy.ascontiguousarray(inputs, numpy.float32)
    ctypes.memmove(batch.embd, values.ctypes.data, values.nbytes)
    for row in range(rows):
        batch.pos[row], batch.n_seq_id[row], batch.logits[row] = row, 1, 1
        batch.seq_id[row][0] = 0
    if llama.llama_decode(context, batch):
        sys.exit("llama_decode failed")
    found = numpy.ctypeslib.as_array(llama.llama_get_logits(context), (rows, vocabulary)).copy()
    llama.llama_batch_free(batch)
    return found


def main():
    builds, path, inputs, out, threads = sys.argv[1:]
    found = bindings(builds)
    if isinstance(found, str):
        sys.exit(found)
    llama = load(*found)
    silent = llama.llama_log_callback(lambda *_: None)
    llama.llama_log_set(silent, ctypes.c_void_p(0))
    llama.llama_backend_init()
    with numpy.load(inputs) as sequences:
        sequences = dict(sequences)
    rows = max(sequence.shape[0] for sequence in sequences.values())
    model, context = context_of(llama, path, rows, int(threads))
    vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    numpy.savez(out, **{name: logits(llama, context, vocabulary, sequence)
                        for name, sequence in sequences.items()})


if __name__ == "__main__":
    main()
