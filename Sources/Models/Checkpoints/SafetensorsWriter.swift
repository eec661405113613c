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
    try write(descriptions, metadata: metadata, to: file) { (name) throws(Failure) in
      try tensors[name]?.withUnsafeBytes { (bytes) throws(Failure) in try file.write(bytes) }
    }
  }

  /// The same for tensors that need not be there at once: `writeContent` writes the bytes of the one
  /// that it is given the name of, all of them and in this order.
  public static func write(
    _ tensors: [(name: String, elementType: ElementType, shape: [Int])],
    metadata: [(key: String, value: String)], to file: any ByteSink,
    writeContent: (_ name: String) throws(Failure) -> Void
  ) throws(Failure) {
    let (bytes, header) = try SafetensorsHeader.build(tensors, metadata: metadata)
    try file.write(bytes)
    for entry in header.entries { try writeContent(entry.name) }
    try file.finish()
  }
}
