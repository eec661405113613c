// The difference between two tensors, or two records.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// The tolerance within which two streams are equal.
public struct Tolerance: Equatable, Sendable {
  /// Times the largest magnitude of the second tensor.
  public var relative = 0.0
  public var absolute = 0.0
  /// The smallest allowed cosine similarity between two rows; nil: not checked.
  public var cosine: Double?

  public init(relative: Double = 0, absolute: Double = 0, cosine: Double? = nil) {
    self.relative = relative
    self.absolute = absolute
    self.cosine = cosine
  }
}

/// The difference between two tensors of one shape. The second one is the reference.
public struct TensorComparison: Equatable, Sendable {
  /// The largest absolute difference; infinite if one element is NaN and the other is not.
  public private(set) var largestDifference = 0.0
  /// The largest magnitude among the finite elements of the reference.
  public private(set) var largestExpected = 0.0
  /// The smallest cosine similarity between two rows (of the last dimension); two rows of zeros have 1.
  public private(set) var leastCosine = 1.0

  /// Compares element by element. The shapes must be equal, the types need not.
  public init(_ found: Tensor, _ expected: Tensor) {
    precondition(found.shape == expected.shape)
    let width = max(1, expected.shape.last ?? 1)
    // Whole rows at a time, and enough of them to be worth the call.
    let step = width * max(1, (1 << 16) / width)
    for start in stride(from: 0, to: expected.count, by: step) {
      let range = start..<min(expected.count, start + step)
      let (left, right) = (found.doubles(range), expected.doubles(range))
      for row in stride(from: 0, to: range.count, by: width) {
        add(left[row..<row + width], right[row..<row + width])
      }
    }
  }

  private mutating func add(_ left: ArraySlice<Double>, _ right: ArraySlice<Double>) {
    var (dot, leftSquares, rightSquares) = (0.0, 0.0, 0.0)
    var isSame = true
    for (found, expected) in zip(left, right) {
      if found != expected, !(found.isNaN && expected.isNaN) {
        isSame = false
        let difference = abs(found - expected)
        largestDifference = max(largestDifference, difference.isNaN ? .infinity : difference)
      }
      if expected.isFinite { largestExpected = max(largestExpected, abs(expected)) }
      dot += found * expected
      leftSquares += found * found
      rightSquares += expected * expected
    }
    // One root of the product: equal rows get exactly 1, unless the product leaves the range.
    let product = (leftSquares * rightSquares).squareRoot()
    let norms =
      product.isNormal ? product : leftSquares.squareRoot() * rightSquares.squareRoot()
    let cosine = dot / norms
    if !dot.isFinite || !norms.isFinite {
      // No angle is known where a number is none: only the same row agrees.
      if !isSame { leastCosine = -1 }
    } else if norms > 0 {
      leastCosine = min(leastCosine, min(1, cosine))
    } else if leftSquares != rightSquares {
      leastCosine = min(leastCosine, 0)
    }
  }

  /// The largest difference as a share of the largest expected magnitude.
  public var relativeDifference: Double {
    largestDifference == 0 ? 0 : largestDifference / largestExpected
  }

  /// Whether all differences lie within `tolerance`.
  public func lies(within tolerance: Tolerance) -> Bool {
    let bound = tolerance.absolute + tolerance.relative * largestExpected
    return largestDifference <= bound && leastCosine >= (tolerance.cosine ?? -1)
  }
}

/// The differences between two records at the same position of two streams.
public enum RecordComparison: Sendable {
  /// The tensors of both, by name.
  case compared([(name: String, comparison: TensorComparison)])
  /// Why they cannot be compared: `id a, expected b`.
  case different(String)

  /// Compares `found` with `expected`, the reference.
  public init(_ found: StreamRecord, _ expected: StreamRecord) {
    guard found.id.utf8.elementsEqual(expected.id.utf8) else {
      self = .different("id \(found.id), expected \(expected.id)")
      return
    }
    switch (found, expected) {
    case (.data(let found), .data(let expected)): self = Self.compare(found, expected)
    case (.skip(let found), .skip(let expected)):
      self =
        found.code == expected.code
        ? .compared([]) : .different("skipped for \(found.code), expected \(expected.code)")
    case (.skip(let found), .data): self = .different("skipped for \(found.code)")
    case (.data, .skip(let expected)):
      self = .different("not skipped, expected a skip for \(expected.code)")
    }
  }

  private static func compare(_ found: DataRecord, _ expected: DataRecord) -> RecordComparison {
    var comparisons: [(name: String, comparison: TensorComparison)] = []
    for (name, reference) in expected.tensors {
      guard let tensor = found[name] else { return .different("no tensor \(name)") }
      guard tensor.shape == reference.shape else {
        return .different("\(name) has shape \(tensor.shape), expected \(reference.shape)")
      }
      comparisons.append((name, TensorComparison(tensor, reference)))
    }
    for (name, _) in found.tensors where expected[name] == nil {
      return .different("unexpected tensor \(name)")
    }
    return .compared(comparisons)
  }
}
