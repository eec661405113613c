// model.safetensors.index.json, pytorch_model.bin.index.json: which file holds which tensor.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The index of a checkpoint in several files.
struct ShardIndex {
  /// The files, ascending, each once.
  let fileNames: [String]
  /// Tensor names and the files they are in.
  let files: [(tensor: String, file: String)]

  static let byteLimit = 64 << 20
  static let fileLimit = 1024

  /// Throws `checkpoint/index` when the file is not an index or names anything but plain
  /// weight files beside itself.
  init(path: String) throws(Failure) {
    let root = try readObject(path, limit: Self.byteLimit)
    guard let map = root["weight_map"]?.object, !map.members.isEmpty else {
      throw Self.fault(path, "expected a weight_map of tensor and file names")
    }
    var files: [(tensor: String, file: String)] = []
    for (tensor, value) in map.members {
      guard let file = value.string else {
        throw Self.fault(path, "\(escapedForTerminal(tensor)) is not mapped to a file name")
      }
      guard Self.isPlain(file) else {
        throw Self.fault(
          path,
          "\"\(escapedForTerminal(file))\" is not the plain name of a .safetensors or .bin file")
      }
      files.append((tensor, file))
    }
    self.files = files
    fileNames = Set(files.map(\.file)).sorted()
    guard fileNames.count <= Self.fileLimit else {
      throw Self.fault(path, "expected at most \(Self.fileLimit) files, found \(fileNames.count)")
    }
  }

  /// A name that cannot lead out of the directory.
  private static func isPlain(_ name: String) -> Bool {
    [".safetensors", ".bin"].contains(where: name.ends(withBytesOf:)) && !name.hasPrefix(".")
      && name.utf8.count <= 255
      && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
  }

  private static func fault(_ path: String, _ message: String) -> Failure {
    Failure(.invalidInput, code: "checkpoint/index", at: path, message)
  }
}

/// The JSON object that the file `path`, of at most `limit` bytes, holds.
public func readObject(_ path: String, limit: Int) throws(Failure) -> JSONObject {
  let bytes = try readWholeFile(path, limit: limit)
  do throws(JSONError) {
    guard let object = try JSONValue(parsing: bytes).object else {
      throw JSONError(offset: 0, message: "expected an object")
    }
    return object
  } catch {
    throw Failure(
      .invalidInput, code: "checkpoint/json", at: "\(path):byte \(error.offset)", error.message)
  }
}
