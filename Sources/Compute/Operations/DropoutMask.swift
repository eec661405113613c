// Which elements dropout makes zero.
// SPDX-License-Identifier: Apache-2.0

/// Elements to drop: each a function of its row's key and its column alone, so that nothing needs to
/// be kept for the gradient or for going on later.
public struct DropoutMask: Sendable, Equatable {
  /// The share of elements that become 0, from 0 to below 1; the others are divided by 1 - rate.
  public var rate: Double
  /// One key a row. Rows of one key drop the same columns; keys may be neighbours.
  public var rowKeys: [UInt64]

  public init(rate: Double, rowKeys: [UInt64]) {
    precondition(0 <= rate && rate < 1, "a rate of \(rate) where 0 to below 1 is expected")
    (self.rate, self.rowKeys) = (rate, rowKeys)
  }
}
