// Smoothing of noisy curves.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The exponential mean of `values`, which stand at ascending `steps`, with bias correction: a value's
/// weight halves with every `halfLife` steps that lie between, and weights are over their sum.
///
/// NaN, and what is 1e300 or more, counts for nothing and stays as it is. 0: the values themselves.
public func smoothed(_ values: [Double], at steps: [Int], halfLife: Double) -> [Double] {
  precondition(values.count == steps.count, "expected a step for each value")
  guard halfLife > 0 else { return values }
  var (sum, weight, last) = (0.0, 0.0, steps.first ?? 0)
  return zip(values, steps).map { value, step in
    // Sums of larger ones would not be finite, and no axis shows them.
    guard abs(value) < 1e300 else { return value }
    let decay = exp2(-Double(step - last) / halfLife)
    last = step
    sum = sum * decay + value
    weight = weight * decay + 1
    return sum / weight
  }
}

/// A hundredth of the longest run, rounded up to a whole step, and 5 at least; 0 below 50 steps.
public func defaultHalfLife(_ logs: [RunLog]) -> Double {
  let longest =
    logs.map { log in
      (log.steps.last?.place.step ?? 0) - (log.steps.first?.place.step ?? 0)
    }.max() ?? 0
  return longest < 50 ? 0 : max(5, (Double(longest) / 100).rounded(.up))
}
