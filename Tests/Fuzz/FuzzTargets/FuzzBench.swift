// Where inputs lie that must be files: in memory.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Paths of this process, which are gone when it ends.
enum FuzzBench {
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
      for name in ["input", "manifests/host/library/model/latest"] {
        unlink("\(FuzzBench.directory)/\(name)")
      }
      for name in ["/manifests/host/library/model", "/manifests/host/library", "/manifests/host"] {
        rmdir(FuzzBench.directory + name)
      }
      rmdir("\(FuzzBench.directory)/manifests")
      rmdir(FuzzBench.directory)
    }
    return path
  }()

  static let file = "\(directory)/input"
  static let manifest = "\(directory)/manifests/host/library/model/latest"

  static func write(_ bytes: [UInt8], to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0, "no room in /dev/shm")
    defer { close(descriptor) }
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }
}
