// Coverage-guided fuzzing of GGUF files and of Ollama's manifests: libFuzzer has the main function.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import GGUF
import Glibc
import InputOutput
import Tensors
import Tokenizers

/// Takes the input for a GGUF file where it begins like one, else for the manifest of a model in
/// Ollama's store. A fault is what ends the process; every failure that is thrown is the right answer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: start, count: count)
  if bytes.starts(with: Array("GGUF".utf8)) {
    Bench.write(bytes, to: Bench.file)
    _ = try? lookAtAll(of: GGUFFile(path: Bench.file))
    _ = try? Tokenizer.load(path: Bench.file)
    _ = try? ModelDirectory.open(model: Bench.file).languageCheckpoint()
    _ = try? ModelDirectory.open(model: nil, projector: Bench.file).projectorCheckpoint()
  } else {
    Bench.write(bytes, to: Bench.manifest)
    _ = try? ModelDirectory.open(model: "ollama:model:latest").languageCheckpoint()
  }
  return 0
}

/// Asks for every value and decodes every tensor.
private func lookAtAll(of file: GGUFFile) throws {
  for key in file.keys {
    let value = file[key]
    _ = (value?.integers, value?.numbers, value?.texts, value?.flag, value?.floats)
  }
  for tensor in file.tensors { _ = try file.weight(tensor)?.decoded() }
}

/// Where the inputs lie: in memory, since each of them is a file.
private enum Bench {
  static let directory: String = {
    let path = "/dev/shm/llava-fuzz-\(getpid())"
    var made = path
    mkdir(made, 0o700)
    for name in ["manifests", "host", "library", "model"] {
      made += "/" + name
      mkdir(made, 0o700)
    }
    setenv("OLLAMA_MODELS", path, 1)
    atexit {
      for name in ["input.gguf", "manifests/host/library/model/latest"] {
        unlink("\(Bench.directory)/\(name)")
      }
      for name in ["/manifests/host/library/model", "/manifests/host/library", "/manifests/host"] {
        rmdir(Bench.directory + name)
      }
      rmdir("\(Bench.directory)/manifests")
      rmdir(Bench.directory)
    }
    return path
  }()

  static let file = "\(directory)/input.gguf"
  static let manifest = "\(directory)/manifests/host/library/model/latest"

  static func write(_ bytes: UnsafeBufferPointer<UInt8>, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0, "no room in /dev/shm")
    defer { close(descriptor) }
    precondition(Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count)
  }
}
