// The tensors of a model: one file, or several with an index.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// Named tensors from one or more memory-mapped files.
public struct Checkpoint: Sendable {
  /// The file or index that was opened.
  public let path: String
  /// The names that the files give, ascending.
  public let names: [String]
  /// In the order of their names.
  public let files: [any TensorFile]
  /// Which of `files` holds a tensor.
  let owners: [String: Int]

  /// Throws `checkpoint/duplicate` when two files hold a tensor of the same name.
  init(path: String, files: [any TensorFile]) throws(Failure) {
    var owners: [String: Int] = [:]
    for (number, file) in files.enumerated() {
      for name in file.names {
        if let other = owners.updateValue(number, forKey: name) {
          throw Failure(
            .invalidInput, code: "checkpoint/duplicate", at: path,
            "tensor \(escapedForTerminal(name)) is in two files:"
              + " \(escapedForTerminal(files[other].path)), \(escapedForTerminal(file.path))",
            remedy: "fetch the files again, into an empty directory")
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

  /// The tensor named `name`, a view of the memory-mapped file, or decoded from its blocks.
  public func tensor(named name: String) throws(Failure) -> Tensor {
    try owner(of: name).tensor(named: name)
  }

  /// The tensor named `name` as a weight in place; nil if weights cannot have its type.
  func weight(named name: String) throws(Failure) -> Weight? {
    try owner(of: name).weight(named: name)
  }

  private func owner(of name: String) throws(Failure) -> any TensorFile {
    guard let owner = owners[name] else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-tensor", at: path,
        "there is no tensor called \(escapedForTerminal(name))")
    }
    return files[owner]
  }

  /// The file that holds the tensor called `name`.
  public func file(of name: String) -> (any TensorFile)? { owners[name].map { files[$0] } }

  /// Throws `file/changed` if a file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) {
    for file in files { try file.verifyUnchanged() }
  }
}
