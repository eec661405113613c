// How long to wait after a failure: exponential back-off with jitter.
// SPDX-License-Identifier: Apache-2.0

/// Exponential back-off with jitter.
public struct Backoff: Sendable {
  /// Seconds: the first wait and the longest.
  public var first = 1.0
  public var longest = 60.0
  /// A number of 0 to 1, each time another.
  public var random: @Sendable () -> Double = { Double.random(in: 0...1) }

  public init() {}

  /// Seconds to wait after `failures` in a row, from 1 on: between half and all of the first wait
  /// times two for each failure before. What the server asks for (`after`) is the least.
  func wait(failures: Int, after: Double?) -> Double {
    let whole = min(
      longest, first * Double(sign: .plus, exponent: min(60, failures - 1), significand: 1))
    let own = whole * (0.5 + 0.5 * random())
    guard let after else { return own }
    // Jitter on top of what is asked, so that clients who were told the same do not return as one.
    return max(own, after + min(1, after / 10) * random())
  }
}
