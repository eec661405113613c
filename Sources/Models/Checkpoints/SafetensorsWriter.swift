// Writes tensors as a safetensors file that appears only when it is complete.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Safetensors
import Tensors

/// Writes safetensors files: the same tensors and metadata always give the same bytes.
public enum SafetensorsWriter {
  /// Writes `tensors` to `path`, which is replaced only once everything is on the disk; tensors
  /// mapped from `path` itself may be among them. Stored by descending element size, then by name.
  public static func write(
    _ tensors: [String: Tensor], metadata: [(key: String, value: String)] = [], to path: String
  ) throws(Failure) {
    try write(tensors, metadata: metadata, to: AtomicFile(path: path))
  }

  /// The same into `file`, which is finished.
  public static func write(
    _ tensors: [String: Tensor], metadata: [(key: String, value: String)] = [],
    to file: any ByteSink
  ) throws(Failure) {
    let names = tensors.keys.sorted()
    let descriptions = names.compactMap { name in
      tensors[name].map { (name: name, elementType: $0.elementType, shape: $0.shape) }
    }
    let (bytes, header) = try SafetensorsHeader.build(descriptions, metadata: metadata)
    try file.write(bytes)
    for entry in header.entries {
      try tensors[entry.name]?.withUnsafeBytes { (bytes) throws(Failure) in try file.write(bytes) }
    }
    try file.finish()
  }
}
