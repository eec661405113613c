// Which elements dropout sets to zero.
// SPDX-License-Identifier: Apache-2.0

/// The elements to drop: each depends only on its row's key and its column, so that nothing needs to
/// be kept for the gradient or for resuming.
public struct DropoutMask: Sendable, Equatable {
  /// The share of elements that become 0, from 0 to below 1; the others are divided by 1 - rate.
  public var rate: Double
  /// One key per row. Rows with the same key drop the same columns; keys may be consecutive numbers.
  public var rowKeys: [UInt64]

  public init(rate: Double, rowKeys: [UInt64]) {
    precondition(0 <= rate && rate < 1, "a rate of \(rate) where 0 to below 1 is expected")
    (self.rate, self.rowKeys) = (rate, rowKeys)
  }
}
