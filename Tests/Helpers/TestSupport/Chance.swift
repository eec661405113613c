// Whether counts differ from equal shares by more than chance makes them.
// SPDX-License-Identifier: Apache-2.0

/// The chi-square of `counts` against equal shares, in standard deviations from what is expected.
public func chanceDeviation(_ counts: [Int]) -> Double {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  let square = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
  let freedom = Double(counts.count - 1)
  return (square / expected - freedom) / (2 * freedom).squareRoot()
}

/// Chance exceeds this once in 30,000 draws of a seed; a constant or skewed bit exceeds it by far.
public let chanceBound = 4.0
