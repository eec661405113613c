// Rounding and printing against values that Python gave.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import Testing

@Suite struct DecimalsTests {
  @Test(arguments: [
    (0.0015, 3, 0.002), (0.0025, 3, 0.003), (2.675, 2, 2.67), (0.5, 0, 0.0), (1.5, 0, 2.0),
    (2.5, 0, 2.0), (-0.0004, 3, -0.0), (1.0625, 3, 1.062), (45.5, 1, 45.5), (72.25, 1, 72.2),
    (1e300, 3, 1e300),
  ])
  func roundsAsPython(_ value: Double, _ places: Int, _ expected: Double) {
    let result = rounded(value, places: places)
    #expect(result == expected)
    #expect(result.sign == expected.sign)
  }

  @Test func leavesWhatIsNotFinite() {
    #expect(rounded(.nan, places: 3).isNaN)
    #expect(rounded(-.infinity, places: 3) == -.infinity)
  }

  @Test(arguments: [
    (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (0.72, "0.72"), (1.062, "1.062"), (1e-5, "1e-05"),
    (0.0001, "0.0001"), (1e15, "1000000000000000.0"), (1e16, "1e+16"),
    (12_345_678_901_234_568, "1.2345678901234568e+16"), (-1.5e16, "-1.5e+16"), (1e17, "1e+17"),
    (123456.789, "123456.789"),
  ])
  func printsAsPython(_ value: Double, _ expected: String) {
    #expect(pythonText(value) == expected)
  }

  @Test func printsPlaces() {
    #expect(fixed(90.8984, places: 2) == "90.90")
    #expect(fixed(0.125, places: 2) == "0.12")
    #expect(fixed(-1e300, places: 15).utf8.count == 318)
  }
}
