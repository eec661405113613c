// A file of named tensors, whatever its format.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Pickle
import Tensors

/// The tensors of one memory-mapped file.
public protocol TensorFile: Sendable {
  var path: String { get }
  /// The format's name, for people.
  static var formatName: String { get }
  /// What the tensors are views of.
  var file: MappedFile { get }
  /// The names of all tensors, each once.
  var names: [String] { get }
  /// The texts that the file carries besides its tensors.
  var metadata: [(key: String, value: String)] { get }

  /// The type and shape of the tensor called `name`.
  func entry(named name: String) -> TensorEntry?

  /// The tensor called `name`: a view of the mapping, or a copy where its elements cannot be used
  /// as they lie. Throws `checkpoint/no-tensor`, `checkpoint/memory`.
  func tensor(named name: String) throws(Failure) -> Tensor

  /// The tensor called `name` as a weight where it lies, in blocks or in an order of rows of the
  /// file's own, too; nil where no weight may have its type. Throws as `tensor(named:)`.
  func weight(named name: String) throws(Failure) -> Weight?

  /// Throws `file/changed` if the file is not the one that was mapped.
  func verifyUnchanged() throws(Failure)

  /// Reads all bytes and compares them with the checksums of the format, if it has any.
  func verifyChecksums() throws(Failure)

  /// The same of the bytes that the tensor called `name` lies among, once for those that share them.
  func verifyChecksum(of name: String) throws(Failure)
}

extension TensorFile {
  /// Bytes of the file.
  public var byteCount: Int { file.bytes.count }

  public func weight(named name: String) throws(Failure) -> Weight? {
    Weight(try tensor(named: name))
  }
}

extension SafetensorsFile: TensorFile {
  public static var formatName: String { "safetensors" }

  /// The format has none.
  public func verifyChecksums() throws(Failure) {}
  public func verifyChecksum(of name: String) throws(Failure) {}
}

extension PickleFile: TensorFile {
  public static var formatName: String { "PyTorch" }

  /// The format has none.
  public var metadata: [(key: String, value: String)] { [] }
}
