// Arithmetic for numbers that came from a file: nil where the result does not fit.
// SPDX-License-Identifier: Apache-2.0

/// The product of `factors`, or nil when one is negative or a partial product overflows.
///
/// A zero hides nothing: the other factors must fit as well, so that the order does not matter.
public func checkedProduct(_ factors: some Sequence<Int>) -> Int? {
  var product = 1
  var hasZero = false
  for factor in factors {
    if factor == 0 {
      hasZero = true
      continue
    }
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard factor > 0, !overflow else { return nil }
    product = next
  }
  return hasZero ? 0 : product
}

public func checkedProduct(_ factors: Int...) -> Int? { checkedProduct(factors) }

/// The sum of `terms`, or nil when one is negative or the sum overflows.
public func checkedSum(_ terms: some Sequence<Int>) -> Int? {
  var sum = 0
  for term in terms {
    let (next, overflow) = sum.addingReportingOverflow(term)
    guard term >= 0, !overflow else { return nil }
    sum = next
  }
  return sum
}

public func checkedSum(_ terms: Int...) -> Int? { checkedSum(terms) }
