// A GGUF file as a source of weights: its tensors under the names that other layouts give them.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import Tensors

/// The tensors of one GGUF file. Weights stay in the mapping, in their blocks and in the file's order
/// of rows; whoever asks for plain elements gets them decoded and in the model's order.
struct GGUFTensorFile: TensorFile {
  static let formatName = "GGUF"

  let names: [String]
  private let gguf: GGUFFile
  private let found: [String: (tensor: GGUFTensor, rowOrder: RowOrder?)]

  var path: String { gguf.path }
  var file: MappedFile { gguf.file }

  /// Throws what naming the tensors throws, and `checkpoint/ambiguous`.
  init(_ gguf: GGUFFile, _ naming: GGUFNames) throws(Failure) {
    self.gguf = gguf
    var names: [String] = []
    var found: [String: (tensor: GGUFTensor, rowOrder: RowOrder?)] = [:]
    for tensor in gguf.tensors {
      guard let name = try naming.name(of: tensor, in: gguf) else { continue }
      let rowOrder = naming.rowOrder(of: name, rows: tensor.shape[0])
      guard found.updateValue((tensor, rowOrder), forKey: name) == nil else {
        throw Failure(
          .invalidInput, code: "checkpoint/ambiguous", at: gguf.path,
          "tensor \(tensor.name) and another both mean \(name)",
          remedy: "take another edition of the model")
      }
      names.append(name)
    }
    (self.names, self.found) = (names, found)
  }

  /// What people want to know of the file, and no lists.
  var metadata: [(key: String, value: String)] {
    gguf.keys.compactMap { key in
      guard key.hasPrefix("general.") else { return nil }
      let value = gguf[key]
      let text = value?.text ?? value?.integer.map { String($0) }
      return text.map { (key, $0) }
    }
  }

  func entry(named name: String) -> TensorEntry? {
    guard let tensor = found[name]?.tensor else { return nil }
    let type = ElementType(rawValue: tensor.format.name)
    return TensorEntry(
      elementType: type ?? .f32, shape: tensor.shape, blocks: type == nil ? tensor.format : nil)
  }

  func tensor(named name: String) throws(Failure) -> Tensor {
    let (tensor, rowOrder) = try place(of: name)
    return try gguf.decoded(tensor, rowOrder: rowOrder)
  }

  func weight(named name: String) throws(Failure) -> Weight? {
    let (tensor, rowOrder) = try place(of: name)
    return gguf.weight(tensor, rowOrder: rowOrder)
  }

  private func place(of name: String) throws(Failure) -> (GGUFTensor, RowOrder?) {
    guard let place = found[name] else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-tensor", at: path,
        "there is no tensor called \(escapedForTerminal(name))")
    }
    return place
  }

  func verifyUnchanged() throws(Failure) { try gguf.verifyUnchanged() }

  /// The format has none.
  func verifyChecksums() throws(Failure) {}
  func verifyChecksum(of name: String) throws(Failure) {}
}

extension GGUFFile {
  /// `values`. Throws `checkpoint/memory`.
  func decoded(_ tensor: GGUFTensor, rowOrder: RowOrder? = nil) throws(Failure) -> Tensor {
    do throws(AllocationError) {
      return try values(tensor, rowOrder: rowOrder)
    } catch {
      throw Failure(
        .limitExceeded, code: "checkpoint/memory", at: path,
        "there is no memory for tensor \(tensor.name) decoded, \(error.byteCount) bytes",
        remedy: "raise the limit on memory, or end other programs", kind: .shortage)
    }
  }
}
