// Opens a checkpoint: a file of any format, an index of several, or a directory that holds one.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Pickle

extension Checkpoint {
  /// Opens a safetensors file, a PyTorch file, an index of shards, a GGUF model, or a directory that
  /// holds one of them.
  /// The bytes tell which format a file has. Throws `checkpoint/no-weights` and what the kinds in
  /// `OtherKind` are called for a directory, and what opening its files throws.
  public static func open(_ path: String) throws(Failure) -> Checkpoint {
    if let model = try GGUFModel.find(path) {
      return try Checkpoint(path: path, files: model.tensorFiles())
    }
    if let directory = try Directory(path) {
      if let found = try WeightFiles.find(in: directory) { return try open(found) }
      if let refusal = try OtherKind.refusal(of: directory) { throw refusal }
      throw Failure(
        .invalidInput, code: "checkpoint/no-weights", at: path,
        "expected model.safetensors, pytorch_model.bin or the index of either in the directory",
        remedy: "fetch the weights, or name a directory or file that holds them")
    }
    if path.ends(withBytesOf: ".json") { return try open(index: path) }
    return try Checkpoint(path: path, files: [openFile(path)])
  }

  /// The file that holds a projector alone and lies beside the weights of `directory`, nil where
  /// there is none.
  static func projectorFile(beside path: String) throws(Failure) -> Checkpoint? {
    guard let directory = try Directory(path),
      let found = try WeightFiles.projector(in: directory)
    else { return nil }
    return try open(found)
  }

  /// The tensors of the adapter in the directory `path`, and of what was trained beside it; nil where
  /// there is none. Throws `checkpoint/no-weights` where only its configuration is there.
  static func adapter(in path: String) throws(Failure) -> Checkpoint? {
    guard let directory = try Directory(path), let found = try WeightFiles.adapter(in: directory)
    else {
      return nil
    }
    guard found.first.map({ splitPath($0).name.hasPrefix("adapter_model.") }) == true else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-weights", at: path,
        "expected adapter_model.safetensors or adapter_model.bin beside adapter_config.json",
        remedy: "fetch the adapter again")
    }
    var files: [any TensorFile] = []
    for file in found { files.append(try openFile(file)) }
    return try Checkpoint(path: path, files: files)
  }

  private static func openFile(_ path: String) throws(Failure) -> any TensorFile {
    guard !WeightFiles.others.contains(splitPath(path).name) else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-weights", at: path,
        "expected weights, found a file that lies beside them and holds none",
        remedy: "name the model's directory")
    }
    let file = try MappedFile(path: path)
    try refusePointer(file)
    if isPyTorch(file.bytes, path) { return try PickleFile(file) }
    guard file.bytes.count <= 8 || file.bytes[8] == UInt8(ascii: "{") else {
      throw Failure(
        .invalidInput, code: "checkpoint/format", at: path,
        "expected weights as safetensors, GGUF or PyTorch's files, found none of them",
        remedy: "name a model's weights")
    }
    return try SafetensorsFile(file)
  }

  /// Throws `checkpoint/pointer` for what lies in the place of a large file that was not fetched.
  static func refusePointer(_ file: MappedFile) throws(Failure) {
    guard file.bytes.starts(with: "version https://git-lfs".utf8) else { return }
    throw Failure(
      .invalidInput, code: "checkpoint/pointer", at: file.path,
      "expected weights, found a pointer of Git LFS to them",
      remedy: "fetch what it points to: git lfs pull")
  }

  /// By the bytes; by the name for a file that begins like neither, so that the message fits it.
  private static func isPyTorch(_ bytes: UnsafeRawBufferPointer, _ path: String) -> Bool {
    // A safetensors file begins with the size of its header, which may look like a pickle's start.
    let hasHeader =
      bytes.count > 8 && bytes[8] == UInt8(ascii: "{") && bytes[4..<8].allSatisfy { $0 == 0 }
    if hasHeader { return false }
    return PickleFile.isFormat(bytes)
      || [".bin", ".pt", ".pth", ".ckpt"].contains(where: path.ends(withBytesOf:))
  }

  private static func open(index path: String) throws(Failure) -> Checkpoint {
    let index = try ShardIndex(path: path)
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var files: [any TensorFile] = []
    for name in index.fileNames {
      guard try fileExists(directory + name) else {
        throw Failure(
          .invalidInput, code: "checkpoint/no-shard", at: path,
          "the index names \(escapedForTerminal(name)), which is not there",
          remedy: "fetch the file into the same directory")
      }
      files.append(try openFile(directory + name))
    }
    let checkpoint = try Checkpoint(path: path, files: files)
    for (name, file) in index.files {
      guard let owner = checkpoint.owners[name], index.fileNames[owner] == file else {
        throw Failure(
          .invalidInput, code: "checkpoint/no-tensor", at: path,
          "tensor \(escapedForTerminal(name)) is listed in \(escapedForTerminal(file)) but is not"
            + " there", remedy: "fetch both files again")
      }
    }
    return checkpoint
  }
}
