// Numbers of --verbose as people read them.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ModelSupport

struct TimingTests {
  @Test(arguments: [(1.0, "1.00"), (0.005, "0.01"), (12.345, "12.35"), (-0.5, "-0.50")])
  func decimalsHaveTwoDigits(value: Double, text: String) { #expect(decimal(value) == text) }
}
