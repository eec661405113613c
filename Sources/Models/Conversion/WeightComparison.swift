// Two models side by side, tensor by tensor, whatever their layouts and files.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Tensors

/// A difference between two models in one tensor.
public struct TensorDifference: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// Only the first model has it, or only the second.
    case onlyInFirst
    case onlyInSecond
    case shapes([Int], [Int])
    /// Both have the same numbers in different types.
    case types(ElementType, ElementType)
    /// `count` of `total` elements differ, by `largest` at most; with -0 and 0, or NaNs of different
    /// bits, by 0.
    case values(count: Int, total: Int, largest: Double)
  }

  /// The canonical name.
  public let tensor: String
  public let kind: Kind

  /// Whether only the types differ.
  public var hasSameNumbers: Bool { if case .types = kind { true } else { false } }
}

/// What was found of one part.
public struct PartComparison: Sendable {
  public enum Presence: Sendable {
    case both
    /// The other model has nothing of it.
    case onlyInFirst
    case onlyInSecond
  }

  public let part: ModelPart
  public let presence: Presence
  /// Tensors that at least one model has.
  public internal(set) var tensors = 0
  /// In ascending order of names.
  public internal(set) var differences: [TensorDifference] = []
  /// Rows of vocabularies that only one model has, and that were therefore not compared.
  public internal(set) var extraRows: [(tensor: String, first: Int, second: Int)] = []

  /// Whether no number differs: the types may.
  public var hasSameNumbers: Bool {
    presence == .both && differences.allSatisfy(\.hasSameNumbers)
  }
}

/// Compares two models.
public struct WeightComparison {
  let first: [ModelPart: Weights]
  let second: [ModelPart: Weights]
  /// Those that at least one model has, of those that were asked for.
  public let parts: [ModelPart]

  private static let pieceElements = 4 << 20

  /// Opens both. `asked`: empty for all parts. Throws what opening throws, and `verify/no-part` where
  /// neither has a part that was asked for.
  public init(_ first: String, _ second: String, parts asked: [ModelPart]) throws(Failure) {
    let (left, right) = (try Checkpoint.parts(at: first), try Checkpoint.parts(at: second))
    let present = ModelPart.allCases.filter { left[$0] != nil || right[$0] != nil }
    for part in asked where !present.contains(part) {
      throw Failure(
        .mismatch, code: "verify/no-part", at: first,
        "neither this nor \(escapedForTerminal(second)) has a \(part.name)")
    }
    guard !present.isEmpty else {
      throw Failure(
        .mismatch, code: "verify/no-part", at: first,
        "neither this nor \(escapedForTerminal(second)) has tensors of any part of LLaVA")
    }
    (self.first, self.second) = (left, right)
    parts = present.filter { asked.isEmpty || asked.contains($0) }
  }

  /// The bytes of the first model's tensors that will be compared.
  public var byteCount: Int {
    parts.reduce(0) { sum, part in
      let weights = first[part]
      return sum + (weights?.canonicalNames ?? []).reduce(0) { $0 + (weights?.byteCount($1) ?? 0) }
    }
  }

  /// Compares all of `part`; `progress` gets the bytes of the first model that are through.
  public func compare(_ part: ModelPart, progress: (Int) -> Void) throws(Failure) -> PartComparison
  {
    guard let left = first[part], let right = second[part] else {
      let only = first[part] ?? second[part]
      var result = PartComparison(
        part: part, presence: first[part] != nil ? .onlyInFirst : .onlyInSecond)
      result.tensors = only?.canonicalNames.count ?? 0
      return result
    }
    var result = PartComparison(part: part, presence: .both)
    let names = Set(left.canonicalNames + right.canonicalNames).sorted()
    result.tensors = names.count
    for name in names {
      guard left.contains(name) else {
        result.differences.append(TensorDifference(tensor: name, kind: .onlyInSecond))
        continue
      }
      guard right.contains(name) else {
        result.differences.append(TensorDifference(tensor: name, kind: .onlyInFirst))
        progress(left.byteCount(name))
        continue
      }
      try compare(name, left, right, &result, progress)
    }
    try left.verifyUnchanged()
    try right.verifyUnchanged()
    return result
  }

  private func compare(
    _ name: String, _ left: Weights, _ right: Weights, _ result: inout PartComparison,
    _ progress: (Int) -> Void
  ) throws(Failure) {
    try left.verifyChecksum(of: name)
    try right.verifyChecksum(of: name)
    var (a, b) = (try left.tensor(name), try right.tensor(name))
    let isVocabulary = VocabularyPlan.tensorNames.contains(name)
    if isVocabulary, a.shape.count == 2, b.shape.count == 2, a.shape[1] == b.shape[1],
      a.shape[0] != b.shape[0]
    {
      let common = min(a.shape[0], b.shape[0])
      result.extraRows.append((name, a.shape[0] - common, b.shape[0] - common))
      (a, b) = (a.rows(0..<common), b.rows(0..<common))
    }
    guard a.shape == b.shape else {
      result.differences.append(TensorDifference(tensor: name, kind: .shapes(a.shape, b.shape)))
      progress(a.byteCount)
      return
    }
    if let kind = try difference(a, b, at: name, progress) {
      result.differences.append(TensorDifference(tensor: name, kind: kind))
    }
  }

  private func difference(
    _ a: Tensor, _ b: Tensor, at name: String, _ progress: (Int) -> Void
  ) throws(Failure) -> TensorDifference.Kind? {
    let areNumbers = [a, b].allSatisfy { WeightFormat($0.elementType) != nil }
    var (differing, largest) = (0, 0.0)
    for start in stride(from: 0, to: a.count, by: Self.pieceElements) {
      try Interruption.check(name)
      let range = start..<min(a.count, start + Self.pieceElements)
      let (left, right) = (a.elements(range), b.elements(range))
      if !left.hasSameBytes(as: right) {
        guard areNumbers else { return .values(count: a.count, total: a.count, largest: .infinity) }
        let found: (count: Int, largest: Double)
        do throws(AllocationError) { found = try left.difference(from: right) } catch {
          throw .outOfMemory()
        }
        // Bytes that differ between equal numbers, of one type: of zeros and of NaNs.
        let isOnlyBits = found.count == 0 && a.elementType == b.elementType
        differing += isOnlyBits ? 1 : found.count
        largest = max(largest, found.largest)
      }
      for piece in [left, right] { piece.withUnsafeBytes { MappedFile.releasePages(of: $0) } }
      progress(left.byteCount)
    }
    if differing > 0 { return .values(count: differing, total: a.count, largest: largest) }
    return a.elementType == b.elementType ? nil : .types(a.elementType, b.elementType)
  }
}

extension Weights {
  /// Bytes of the tensor called `name`; 0 where there is none.
  fileprivate func byteCount(_ name: String) -> Int {
    entry(name).map { $0.shape.reduce($0.elementType.byteWidth, *) } ?? 0
  }
}
