// Safetensors files of a model's real size that take no room.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Safetensors
import Tensors

/// Writes safetensors files whose tensors are zeros after the first bytes that are given.
public enum SparseSafetensors {
  public static func write(
    _ tensors: [(name: String, elementType: ElementType, shape: [Int])],
    prefixes: [String: [UInt8]] = [:],
    metadata: [(key: String, value: String)] = [("format", "pt")],
    to path: String
  ) throws {
    let (bytes, header) = try SafetensorsHeader.build(tensors, metadata: metadata)
    var file = SparseFile()
    file.append(bytes)
    for entry in header.entries {
      file.append(.hole(prefix: prefixes[entry.name] ?? []), count: entry.byteRange.count)
    }
    try file.write(to: path)
  }
}
