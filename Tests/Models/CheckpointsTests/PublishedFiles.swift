// Writes a model's files as they are published: of real size, in shards, with an index.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Tensors
import TestSupport

/// Files whose weights are holes, but for the gains of a language model's last norm, which tell a
/// model from a delta.
enum PublishedFiles {
  enum Format: String {
    case pyTorch = "bin"
    case safetensors
  }

  /// Writes `tensors` into as few files of at most `limit` bytes as transformers would, and the
  /// index beside several. Returns the files' names.
  @discardableResult
  static func write(
    _ tensors: [PublishedTensor], _ format: Format, limit: Int, to directory: String
  ) throws -> [String] {
    let shards = split(tensors, limit: limit)
    let stem = format == .pyTorch ? "pytorch_model" : "model"
    if shards.count == 1 {
      let name = "\(stem).\(format.rawValue)"
      try write(file: tensors, format, to: "\(directory)/\(name)")
      return [name]
    }
    var names: [String] = []
    var map = JSONObject()
    for (number, shard) in shards.enumerated() {
      let name = "\(stem)-\(padded(number + 1))-of-\(padded(shards.count)).\(format.rawValue)"
      try write(file: shard, format, to: "\(directory)/\(name)")
      for tensor in shard { map[tensor.name] = .string(name) }
      names.append(name)
    }
    let size = tensors.reduce(0) { $0 + byteCount($1) }
    let index = JSONValue.object([
      "metadata": .object(["total_size": .int(size)]), "weight_map": .object(map),
    ])
    try Data(index.serialized()).write(
      to: URL(fileURLWithPath: "\(directory)/\(stem).\(format.rawValue).index.json"))
    return names
  }

  /// Writes one file.
  static func write(file tensors: [PublishedTensor], _ format: Format, to path: String) throws {
    switch format {
    case .pyTorch:
      try TorchArchive(
        tensors: tensors.map { ($0.name, $0.elementType, $0.shape, .hole(prefix: begin($0))) }
      ).write(to: path)
    case .safetensors:
      let prefixes = tensors.map { ($0.name, begin($0)) }
      try SparseSafetensors.write(
        tensors, prefixes: Dictionary(prefixes) { $1 }, to: path)
    }
  }

  /// transformers fills a shard until the next tensor does not fit.
  private static func split(_ tensors: [PublishedTensor], limit: Int) -> [[PublishedTensor]] {
    var shards: [[PublishedTensor]] = [[]]
    var size = 0
    for tensor in tensors {
      let count = byteCount(tensor)
      if size + count > limit, !shards[shards.count - 1].isEmpty {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += count
    }
    return shards
  }

  static func byteCount(_ tensor: PublishedTensor) -> Int {
    tensor.shape.reduce(tensor.elementType.byteWidth, *)
  }

  /// Ones, in F16, for the last norm of a language model.
  private static func begin(_ tensor: PublishedTensor) -> [UInt8] {
    let name = tensor.name
    guard tensor.elementType == .f16, !name.contains("vision"),
      name == "norm.weight" || name.hasSuffix("model.norm.weight")
        || name.hasSuffix("language_model.norm.weight")
    else { return [] }
    return [[UInt8]](repeating: [0, 0x3c], count: tensor.shape[0]).flatMap { $0 }
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 5 - digits.count) + digits
  }
}

/// What files take: on the disk, and mapped in this process.
struct FileUse {
  /// Of the file as a whole.
  var byteCount = 0
  /// Of its blocks on the disk.
  var storedByteCount = 0

  init(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else { throw SparseFileError(path: path, number: errno) }
    byteCount = status.st_size
    storedByteCount = status.st_blocks * 512
  }

  /// Billions of bytes in two decimals, as the hub shows sizes.
  var shown: String { String(format: "%.2f GB", Double(byteCount) / 1e9) }

  /// How many bytes of the mapped files below `directory` are in this process's memory: pages that
  /// something read, and their neighbours that the system mapped along.
  static func residentByteCount(below directory: String) throws -> Int {
    // Files of the system's have no size, so they are read to their end.
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps"))
    let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    var isOurs = false
    var total = 0
    for line in maps.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.first?.contains("-") == true {
        isOurs = line.contains(directory + "/")
      } else if isOurs, words.first == "Rss:", words.count > 1 {
        total += (Int(words[1]) ?? 0) * 1024
      }
    }
    return total
  }
}
