// The tensors of a model: one safetensors file, or several with an index.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Tensors

/// Named tensors from one or more mapped files.
public struct Checkpoint: Sendable {
  /// The file or directory that was opened.
  public let path: String
  /// The names that the files give, ascending.
  public let names: [String]
  private let files: [SafetensorsFile]
  /// Which of `files` holds a tensor.
  private let owners: [String: Int]

  /// Throws `checkpoint/duplicate` when two files hold a tensor of the same name.
  private init(path: String, files: [SafetensorsFile]) throws(Failure) {
    var owners: [String: Int] = [:]
    for (number, file) in files.enumerated() {
      for name in file.names {
        if let other = owners.updateValue(number, forKey: name) {
          throw Failure(
            .invalidInput, code: "checkpoint/duplicate", at: path,
            "tensor \(escapedForTerminal(name)) is in two files:"
              + " \(escapedForTerminal(files[other].path)), \(escapedForTerminal(file.path))")
        }
      }
    }
    self.path = path
    self.files = files
    self.owners = owners
    names = owners.keys.sorted()
  }

  /// The type and shape of the tensor called `name`.
  public func entry(named name: String) -> TensorEntry? {
    owners[name].flatMap { files[$0].entry(named: name) }
  }

  /// The tensor called `name`, a view of the mapped file.
  public func tensor(named name: String) throws(Failure) -> Tensor {
    guard let owner = owners[name] else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-tensor", at: path,
        "there is no tensor called \(escapedForTerminal(name))")
    }
    return try files[owner].tensor(named: name)
  }

  /// Throws `file/changed` if a file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) {
    for file in files { try file.verifyUnchanged() }
  }
}

extension Checkpoint {
  /// What a directory's weights may be called, in the order of preference.
  static let fileNames = [
    "model.safetensors", "model.safetensors.index.json", "mm_projector.safetensors",
  ]
  /// What weights in torch's own format are called.
  private static let pickleNames = [
    "pytorch_model.bin", "pytorch_model.bin.index.json", "mm_projector.bin",
  ]

  /// Opens a safetensors file, an index of shards, or a directory that holds either.
  public static func open(_ path: String) throws(Failure) -> Checkpoint {
    if let directory = Directory(path) {
      if let name = fileNames.first(where: directory.contains) {
        return try open(directory.path(of: name))
      }
      if let refusal = OtherKind.refusal(of: directory) { throw refusal }
      if let name = pickleNames.first(where: directory.contains) {
        throw refusal(of: directory.path(of: name))
      }
      throw Failure(
        .invalidInput, code: "checkpoint/no-weights", at: path,
        "expected model.safetensors or model.safetensors.index.json in the directory",
        remedy: "fetch the weights, or name a directory or file that holds them")
    }
    if path.ends(withBytesOf: ".json") { return try open(index: path) }
    if [".bin", ".pt", ".pth", ".pkl", ".ckpt"].contains(where: path.ends(withBytesOf:)) {
      throw refusal(of: path)
    }
    return try Checkpoint(path: path, files: [SafetensorsFile(path: path)])
  }

  /// Torch's pickles ask their reader to run code; nothing here does.
  private static func refusal(of path: String) -> Failure {
    Failure(
      .invalidInput, code: "checkpoint/pickle", at: path,
      "expected safetensors, found weights in PyTorch's pickle format",
      remedy: "take the safetensors edition of the model, or save the tensors of"
        + " torch.load(…, weights_only=True) with safetensors.torch.save_file, as the README does")
  }

  private static func open(index path: String) throws(Failure) -> Checkpoint {
    let index = try ShardIndex(path: path)
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var files: [SafetensorsFile] = []
    for name in index.fileNames {
      guard access(directory + name, F_OK) == 0 else {
        throw Failure(
          .invalidInput, code: "checkpoint/no-shard", at: path,
          "the index names \(escapedForTerminal(name)), which is not there",
          remedy: "fetch the file into the same directory")
      }
      files.append(try SafetensorsFile(path: directory + name))
    }
    let checkpoint = try Checkpoint(path: path, files: files)
    for (name, file) in index.files {
      guard let owner = checkpoint.owners[name], index.fileNames[owner] == file else {
        throw Failure(
          .invalidInput, code: "checkpoint/no-tensor", at: path,
          "tensor \(escapedForTerminal(name)) is listed in \(escapedForTerminal(file)) but is not"
            + " there")
      }
    }
    return checkpoint
  }
}
