// The comparisons by which everything else is judged: they see what is dead, and what is far.
// SPDX-License-Identifier: Apache-2.0
import CPU
import TestSupport
import Testing

struct ComparisonTests {
  static let dead = [Float.nan, .infinity, -.infinity]

  @Test(arguments: dead)
  func whatIsNotFiniteIsAFault(value: Float) {
    let good: [Float] = [1, 2, 3]
    for place in good.indices {
      var bad = good
      bad[place] = value
      #expect(fault(bad, good.map(Double.init), within: [9, 9, 9]) != nil)
      #expect(fault(good, bad.map(Double.init), within: [9, 9, 9]) != nil)
      #expect(fault(bad, bad.map(Double.init), within: [9, 9, 9]) != nil)
      #expect(fault(good, good.map(Double.init), within: bad.map(Double.init)) != nil)
      for (left, right) in [(bad, good), (good, bad), (bad, bad)] {
        #expect(!(smallestCosine(left + good, right + good, width: 3) > -2))
        #expect(!(smallestCosine(good + left, good + right, width: 3) > -2))
        #expect(fault(left, right, relative: 1e30) != nil)
      }
    }
  }

  @Test func whatIsFarIsAFault() {
    #expect(fault([1, 2, 3], [1, 2.5, 3], within: [0, 0.5, 0]) == nil)
    #expect(
      fault([1, 2, 3], [1, 2.5, 3], within: [0.5, 0.4, 0.5])?.contains("element 1") == true)
    #expect(fault([1, 2], [1, 2, 3], within: [1, 1, 1]) != nil)
    #expect(fault([], [], within: []) == nil)
    #expect(fault([1, 2], [1, 3], relative: 0.1) != nil)
    #expect(fault([1, 2], [1, 2.125], relative: 0.1) == nil)
  }

  @Test func rowsOfZerosHaveNoCosine() {
    #expect(!(smallestCosine([0, 0], [0, 0], width: 2) > -2))
    #expect(!(smallestCosine([], [], width: 2) > -2))
    #expect(abs(smallestCosine([1, 0, 1, 1], [2, 0, 1, 0], width: 2) - 0.5.squareRoot()) < 1e-12)
  }

  /// Every positive bf16, what lies in the middle to the next, and that one's neighbours.
  @Test func bothWaysToRoundToBF16Agree() {
    for bits in UInt32(0)..<0x7F80 {
      for low in [UInt32(0), 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF] {
        let value = Float(bitPattern: bits << 16 | low)
        let nearest = Float(nearestBF16(Double(value)))
        if nearest.bitPattern != UInt32(value.bf16) << 16 { Issue.record("\(value): \(nearest)") }
      }
    }
    // Written by hand: ties to even, both ways, the smallest number, and the way to infinity.
    #expect(nearestBF16(0x1.01p0) == 1 && nearestBF16(0x1.03p0) == 0x1.04p0)
    #expect(nearestBF16(-0x1.010002p0) == -0x1.02p0)
    #expect(nearestBF16(0x1p-134) == 0 && nearestBF16(0x1.8p-134) == 0x1p-133)
    #expect(nearestBF16(0x1.FEp127) == 0x1.FEp127 && nearestBF16(0x1.FFp127) == .infinity)
  }

  /// The rows that this machine lacks: the tests that take every row went without them.
  @Test(.enabled(if: missing.isEmpty, "this machine cannot run \(missing.joined(separator: ", "))"))
  func everySetOfKernelsIsTried() { #expect(Self.missing.isEmpty) }

  static let missing = KernelSet.names.filter { KernelSet(named: $0) == nil }
}
