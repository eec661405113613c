// A file of an atomic directory that is hashed while it is written.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Safetensors
import Tensors

/// Writes files into a checkpoint and remembers what its manifest says of them.
public struct HashedDirectory {
  let directory: AtomicDirectory
  private(set) var files: [ManifestFile] = []

  init(_ directory: AtomicDirectory) { self.directory = directory }

  /// Bytes that are hashed and written at once.
  private static let pieceBytes = 16 << 20

  public mutating func write(_ bytes: [UInt8], to name: String) throws(Failure) {
    let file = try directory.file(name)
    var hash = SHA256()
    hash.update(bytes)
    try file.write(bytes)
    try file.finish()
    files.append(
      ManifestFile(name: name, byteCount: bytes.count, sha256: hash.hexadecimal()))
  }

  /// Writes tensors as a safetensors file.
  public mutating func write(
    _ tensors: [(name: String, value: Tensor)], metadata: [(key: String, value: String)],
    to name: String
  ) throws(Failure) {
    let (head, header) = try SafetensorsHeader.build(
      tensors.map { (name: $0.name, elementType: $0.value.elementType, shape: $0.value.shape) },
      metadata: metadata)
    var byName: [String: Tensor] = [:]
    for tensor in tensors { byName[tensor.name] = tensor.value }
    let file = try directory.file(name)
    var (hash, count) = (SHA256(), head.count)
    hash.update(head)
    try file.write(head)
    for entry in header.entries {
      guard let tensor = byName[entry.name] else { continue }
      try tensor.withUnsafeBytes { (bytes) throws(Failure) in
        for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
          let end = min(bytes.count, start + Self.pieceBytes)
          let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
          hash.update(piece)
          try file.write(piece)
        }
      }
      count += tensor.byteCount
    }
    try file.finish()
    files.append(ManifestFile(name: name, byteCount: count, sha256: hash.hexadecimal()))
  }
}
