// The checked tensors of one part of LLaVA, by canonical name.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// One part's tensors: all that its configuration requires are present, with the right shapes and
/// in a format that weights can have, before the first is returned.
public struct Weights: Sendable {
  private let checkpoint: Checkpoint
  /// Canonical names and what the file calls them.
  private let names: [String: String]

  /// The canonical names, ascending.
  public var canonicalNames: [String] { names.keys.sorted() }

  /// The tensor named `name` (`TensorNames`), a view of the memory-mapped file, or decoded from its blocks.
  public func tensor(_ name: String) throws(Failure) -> Tensor {
    try checkpoint.tensor(named: found(name))
  }

  private func found(_ name: String) throws(Failure) -> String {
    guard let found = names[name] else {
      throw Failure(
        .internalError, code: "checkpoint/no-tensor", at: checkpoint.path,
        "tensor \(name) was asked for but is not part of the model")
    }
    return found
  }

  /// The weight named `name` (`TensorNames`), in place in the memory-mapped file.
  public func weight(_ name: String) throws(Failure) -> Weight {
    guard let weight = try checkpoint.weight(named: found(name)) else {
      throw Failure(
        .internalError, code: "checkpoint/no-weight", at: checkpoint.path,
        "tensor \(name) has a type that no weight may have")
    }
    return weight
  }

  /// Whether some tensor is stored in blocks, whose elements share scales.
  public var isQuantised: Bool { names.keys.contains { entry($0)?.blocks != nil } }

  /// Whether the checkpoint has nothing of this part.
  public var isEmpty: Bool { names.isEmpty }

  /// Whether there is a tensor called `name`.
  public func contains(_ name: String) -> Bool { names[name] != nil }

  public var path: String { checkpoint.path }

  /// Throws `file/changed` if a file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) { try checkpoint.verifyUnchanged() }

  /// Reads the bytes behind the tensor called `name`, and throws unless they are those that were
  /// written, where the file's format can tell.
  public func verifyChecksum(of name: String) throws(Failure) {
    guard let found = names[name] else { return }
    try checkpoint.file(of: found)?.verifyChecksum(of: found)
  }

  /// Runs `body`, which reads a little here and there of the file that holds the tensor `name`.
  func withRandomAccess(to name: String, _ body: () -> Void) {
    guard let file = names[name].flatMap(checkpoint.file) else { return body() }
    file.file.withRandomAccess(body)
  }

  /// Element type and shape of the tensor called `name`.
  public func entry(_ name: String) -> TensorEntry? {
    names[name].flatMap { checkpoint.entry(named: $0) }
  }
}

extension Weights {
  /// The tensors of `checkpoint` whose canonical names begin with `part` and a dot.
  /// Throws `checkpoint/ambiguous` when two tensors have the same canonical name.
  init(_ checkpoint: Checkpoint, part: String) throws(Failure) {
    try self.init(checkpoint) { found in
      TensorNames.canonical(found).flatMap { $0.hasPrefix("\(part).") ? $0 : nil }
    }
  }

  /// The tensors of `checkpoint` that `canonical` has a name for; throws as `init(_:part:)`.
  init(_ checkpoint: Checkpoint, canonical: (String) -> String?) throws(Failure) {
    var names: [String: String] = [:]
    for found in checkpoint.names {
      guard let name = canonical(found) else { continue }
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
  func check(
    _ expected: some Parameters<ExpectedTensor>, part: String,
    remedy: String = "fetch the model's files again, all from one edition"
  ) throws(Failure) {
    var table = MismatchTable()
    var known: Set<String> = []
    for (name, tensor) in expected.named {
      known.insert(name)
      let wanted = tensor.mayHaveMoreRows ? "\(tensor.shape) or more rows" : "\(tensor.shape)"
      switch entry(name) {
      case nil where tensor.isRequired:
        table.add(name, expected: wanted, found: "missing")
      case let found? where !tensor.fits(found.shape):
        table.add(name, expected: wanted, found: Self.shown(found.shape))
      case let found? where WeightFormat(found.elementType) == nil:
        table.add(name, expected: "F32, F16 or BF16", found: found.elementType.rawValue)
      default: break
      }
    }
    for name in canonicalNames where !known.contains(name) {
      let shape = entry(name).map { Self.shown($0.shape) } ?? ""
      table.add(name, expected: "none", found: shape)
    }
    guard !table.isEmpty else { return }
    let heading = "the tensors of the \(part) are not those that its configuration describes"
    throw Failure(
      .mismatch, code: "checkpoint/tensors", at: checkpoint.path,
      ([heading] + table.lines).joined(separator: "\n"), remedy: remedy)
  }

  private static func shown(_ shape: [Int]) -> String { "\(shape)" }
}
