// The checked tensors of one part of LLaVA, by canonical name.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// One part's tensors: all that its configuration calls for are present, with the right shapes and
/// of type F32, F16 or BF16, before the first is handed out.
public struct Weights: Sendable {
  private let checkpoint: Checkpoint
  /// Canonical names and what the file calls them.
  private let names: [String: String]

  /// The canonical names, ascending.
  public var canonicalNames: [String] { names.keys.sorted() }

  /// The tensor called `name` (`TensorNames`), a view of the mapped file.
  public func tensor(_ name: String) throws(Failure) -> Tensor {
    guard let found = names[name] else {
      throw Failure(
        .internalError, code: "checkpoint/no-tensor", at: checkpoint.path,
        "tensor \(name) was asked for but is not part of the model")
    }
    return try checkpoint.tensor(named: found)
  }

  /// The tensor called `name`, nil if the checkpoint has none.
  public func optionalTensor(_ name: String) throws(Failure) -> Tensor? {
    names[name] == nil ? nil : try tensor(name)
  }

  public var path: String { checkpoint.path }

  /// Throws `file/changed` if a file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) { try checkpoint.verifyUnchanged() }

  /// Element type and shape of the tensor called `name`.
  public func entry(_ name: String) -> TensorEntry? {
    names[name].flatMap { checkpoint.entry(named: $0) }
  }
}

extension Weights {
  /// The element types that weights may have.
  public static let elementTypes: Set<ElementType> = [.f32, .f16, .bf16]

  /// The tensors of `checkpoint` whose canonical names begin with `part` and a dot.
  /// Throws `checkpoint/ambiguous` when two tensors have the same canonical name.
  init(_ checkpoint: Checkpoint, part: String) throws(Failure) {
    var names: [String: String] = [:]
    for found in checkpoint.names {
      guard let name = TensorNames.canonical(found), name.hasPrefix("\(part).") else { continue }
      if let other = names.updateValue(found, forKey: name) {
        throw Failure(
          .invalidInput, code: "checkpoint/ambiguous", at: checkpoint.path,
          "tensors \(escapedForTerminal(other)) and \(escapedForTerminal(found))"
            + " both mean \(escapedForTerminal(name))")
      }
    }
    self.init(checkpoint: checkpoint, names: names)
  }

  /// Throws one failure with a table of all differences, code `checkpoint/tensors`.
  func check(_ expected: [ExpectedTensor], part: String) throws(Failure) {
    var table = MismatchTable()
    for tensor in expected {
      let wanted = tensor.mayHaveMoreRows ? "\(tensor.shape) or more rows" : "\(tensor.shape)"
      switch entry(tensor.name) {
      case nil where tensor.isRequired:
        table.add(tensor.name, expected: wanted, found: "missing")
      case let found? where !tensor.fits(found.shape):
        table.add(tensor.name, expected: wanted, found: Self.shown(found.shape))
      case let found? where !Self.elementTypes.contains(found.elementType):
        table.add(
          tensor.name, expected: "F32, F16 or BF16", found: found.elementType.rawValue)
      default: break
      }
    }
    let known = Set(expected.map(\.name))
    for name in canonicalNames where !known.contains(name) {
      let shape = entry(name).map { Self.shown($0.shape) } ?? ""
      table.add(name, expected: "none", found: shape)
    }
    guard !table.isEmpty else { return }
    let heading = "the tensors of the \(part) are not those that its configuration describes"
    throw Failure(
      .mismatch, code: "checkpoint/tensors", at: checkpoint.path,
      ([heading] + table.lines).joined(separator: "\n"))
  }

  private static func shown(_ shape: [Int]) -> String { "\(shape)" }
}
