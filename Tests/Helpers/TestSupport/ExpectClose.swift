// Comparing numbers within a bound that is relative to the largest of them.
// SPDX-License-Identifier: Apache-2.0
import Testing

/// Expects every difference to be at most `relative` of the largest expected magnitude.
public func expectClose(
  _ found: [Float], _ expected: [Float], relative: Float,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, sourceLocation: sourceLocation)
  guard found.count == expected.count else { return }
  let bound = relative * (expected.map(abs).max() ?? 0)
  let worst = zip(found, expected).enumerated()
    .max { abs($0.element.0 - $0.element.1) < abs($1.element.0 - $1.element.1) }
  guard let (index, (left, right)) = worst else { return }
  #expect(
    abs(left - right) <= bound && !found.contains(where: \.isNaN),
    "element \(index): \(left), expected \(right) within \(bound)", sourceLocation: sourceLocation)
}
