// Comparing numbers: what is not finite fails first, since `max`, `min` and `<` let a NaN pass.
// SPDX-License-Identifier: Apache-2.0
import Testing

/// Says what is wrong where a number is not finite, or lies farther from the expected one than its
/// bound allows; nil when all is well.
public func fault(_ found: [Float], _ expected: [Double], within bounds: [Double]) -> String? {
  guard found.count == expected.count, expected.count == bounds.count else {
    return "\(found.count) numbers, expected \(expected.count) with \(bounds.count) bounds"
  }
  for (index, value) in found.enumerated() {
    let (wanted, bound) = (expected[index], bounds[index])
    guard value.isFinite, wanted.isFinite, bound.isFinite else {
      return "element \(index) is not finite: \(value), expected \(wanted) within \(bound)"
    }
  }
  let excess = found.indices.map { abs(Double(found[$0]) - expected[$0]) - bounds[$0] }
  guard let worst = excess.indices.max(by: { excess[$0] < excess[$1] }), excess[worst] > 0 else {
    return nil
  }
  return "element \(worst): \(found[worst]), expected \(expected[worst]) within \(bounds[worst])"
}

/// The same with one bound, `relative` of the largest expected magnitude.
public func fault(_ found: [Float], _ expected: [Float], relative: Float) -> String? {
  let bound = Double(relative) * Double(expected.map(abs).max() ?? 0)
  return fault(found, expected.map(Double.init), within: expected.map { _ in bound })
}

/// Expects each difference to be within its bound.
public func expectClose(
  _ found: [Float], _ expected: [Double], within bounds: [Double], _ title: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let fault = fault(found, expected, within: bounds)
  #expect(fault == nil, "\(title)", sourceLocation: sourceLocation)
}

/// Expects every difference to be at most `relative` of the largest expected magnitude.
public func expectClose(
  _ found: [Float], _ expected: [Float], relative: Float,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let fault = fault(found, expected, relative: relative)
  #expect(fault == nil, sourceLocation: sourceLocation)
}

/// The smallest cosine between corresponding rows of `width` elements; a NaN, which no bound lets
/// pass, where a row holds a number that is not finite, or nothing but zeros.
public func smallestCosine(_ left: [Float], _ right: [Float], width: Int) -> Double {
  precondition(left.count == right.count && left.count % width == 0)
  var smallest = left.isEmpty ? Double.nan : 1
  for start in stride(from: 0, to: left.count, by: width) {
    var (dot, leftSquare, rightSquare) = (0.0, 0.0, 0.0)
    for index in start..<start + width {
      let (a, b) = (Double(left[index]), Double(right[index]))
      dot += a * b
      leftSquare += a * a
      rightSquare += b * b
    }
    let cosine = dot / (leftSquare * rightSquare).squareRoot()
    guard cosine.isFinite else { return .nan }
    smallest = min(smallest, cosine)
  }
  return smallest
}
