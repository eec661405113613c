// The blocks that are searched: how far off they are, and that nothing but the rows decides.
// SPDX-License-Identifier: Apache-2.0
import Quantisation
import Tensors
import TestSupport
import Testing
import Threads

@Suite struct SearchTests {
  /// What llama.cpp's reference quantisers without importance leave of 64 blocks of `bellNumbers`, as a
  /// sum of squares, and the share of it that ours may leave.
  private static let peer: [(format: WeightFormat, error: Double, share: Double)] = [
    (.q4K, 0.152442, 0.96), (.q5K, 0.0397605, 0.91), (.q6K, 0.00946197, 0.87),
  ]

  @Test(arguments: 0..<3) func errorsAreBelowThoseOfLlamaCpp(index: Int) throws {
    let (format, error, share) = Self.peer[index]
    let numbers = bellNumbers(64 * 256)
    let bytes = try encoded(matrix(numbers, columns: 1024), format)
    let found = squaredError(numbers, try decoded(bytes, format, columns: 1024))
    #expect(found < share * error, "\(found / error)")
    // Nobody does it for nothing.
    #expect(found > 0.5 * error)
  }

  /// Blocks far from the middle of everything: where scales are whole steps of f16, where they are large,
  /// and where elements have one sign.
  @Test(arguments: kinds) func errorsAreSmallAtEveryMagnitude(format: WeightFormat) throws {
    let bound: Double = [.q4K: 0.006, .q5K: 0.0015, .q6K: 0.0004][format] ?? 0
    let numbers = bellNumbers(4 * 256)
    for (factor, worse) in [(Float(1e6), 1.0), (1, 1), (1e-2, 1), (1e-4, 2), (3e-5, 3)] {
      for offset in [Float(0), 0.2, -0.2] {
        let rows = numbers.map { factor * ($0 + offset) }
        let found = try decoded(encoded(matrix(rows, columns: 256), format), format, columns: 256)
        let size = squaredError(rows, [Float](repeating: 0, count: rows.count))
        let error = squaredError(rows, found) / size
        #expect(error < bound * worse, "\(factor) \(offset): \(error)")
      }
    }
  }

  @Test(arguments: kinds) func simpleBlocksAreExact(format: WeightFormat) throws {
    for value in [Float(0), 0.5, -0.5, 96, 1e-30, -1e-30] {
      let row = [Float](repeating: value, count: 256)
      let found = try decoded(encoded(matrix(row, columns: 256), format), format, columns: 256)
      let allowed = abs(value) < 1e-20 ? abs(value) : abs(value) / 500
      #expect(found.allSatisfy { abs($0 - value) <= allowed }, "\(value): \(found[0])")
    }
    // Whole numbers that the format has, sub-block by sub-block.
    let steps = (0..<256).map { Float($0 % 16 - 8) }
    let found = try decoded(encoded(matrix(steps, columns: 256), format), format, columns: 256)
    #expect(zip(steps, found).allSatisfy { abs($0 - $1) < 0.01 })
  }

  @Test(arguments: kinds + weighed) func importantColumnsComeOutBetter(format: WeightFormat) throws
  {
    let numbers = bellNumbers(8 * 512)
    let weight = try matrix(numbers, columns: 512)
    var importance = (0..<512).map { $0 % 7 < 2 ? Float(100) : 1 }
    let plain = try encoded(weight, format)
    let alike = try encoded(weight, format, importance: [Float](repeating: 1, count: 512))
    let better = try encoded(weight, format, importance: importance)
    func error(_ bytes: [UInt8], _ importance: [Float]? = nil) throws -> Double {
      squaredError(numbers, try decoded(bytes, format, columns: 512), importance: importance)
    }
    // Blocks of 32 are llama.cpp's without, which are not searched.
    if kinds.contains(format) {
      #expect(alike == plain)
    } else {
      #expect(try error(alike) < 0.97 * error(plain))
    }
    #expect(try error(better, importance) < 0.9 * error(plain, importance))
    #expect(try error(better, importance) < 0.95 * error(alike, importance))
    // Columns that do not count at all may become anything that is a number.
    importance = importance.map { $0 == 1 ? 0 : 1 }
    let some = try encoded(weight, format, importance: importance)
    #expect(try error(some, importance) < 0.9 * error(plain, importance))
    let none = try encoded(weight, format, importance: [Float](repeating: 0, count: 512))
    #expect(try decoded(none, format, columns: 512).allSatisfy(\.isFinite))
    if !kinds.contains(format) { #expect(none == plain) }
  }

  @Test(arguments: [WeightFormat.q80, .f16]) func whereNothingIsChosenItChangesNothing(
    format: WeightFormat
  ) throws {
    let weight = try matrix(bellNumbers(512), columns: 512)
    let importance = (0..<512).map { Float($0) }
    #expect(try encoded(weight, format, importance: importance) == encoded(weight, format))
  }

  /// Whatever numbers and importance are, a block of 32 is as near as without the search, or nearer.
  @Test(arguments: weighed) func noBlockGetsWorse(format: WeightFormat) throws {
    var generator = SeededGenerator(seed: 5)
    for round in 0..<amount(40, soak: 2000) {
      let factor = Float(
        sign: .plus, exponent: Int.random(in: -30...12, using: &generator), significand: 1)
      let offset = Float.random(in: -2...2, using: &generator)
      let numbers = bellNumbers(256).map { factor * ($0 * Float(round % 9) + offset) }
      let largest = round % 3 == 0 ? 127 : 4
      let importance = (0..<32).map { _ in
        Float(
          sign: .plus, exponent: Int.random(in: -150...largest, using: &generator), significand: 1)
      }
      let weight = try matrix(numbers, columns: 32)
      let (plain, found) = (
        try decoded(encoded(weight, format), format, columns: 32),
        try decoded(encoded(weight, format, importance: importance), format, columns: 32)
      )
      let (before, after) = (
        squaredError(numbers, plain, importance: importance),
        squaredError(numbers, found, importance: importance)
      )
      #expect(
        found.allSatisfy(\.isFinite) && after <= before * 1.0001, "\(round): \(after) \(before)")
    }
  }

  /// Numbers of any bits, within what scales reach.
  @Test(arguments: kinds) func anyNumbersEndInNumbers(format: WeightFormat) throws {
    var generator = SeededGenerator(seed: 7)
    let rows = amount(24, soak: 2000)
    let values = (0..<rows * 256).map { place -> Float in
      let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator))
      let limit: Float = place / 256 % 2 == 0 ? 3e6 : 1
      return value.isFinite && abs(value) < limit ? value : 0
    }
    let found = try decoded(encoded(matrix(values, columns: 256), format), format, columns: 256)
    for row in 0..<rows {
      let range = row * 256..<(row + 1) * 256
      let size = values[range].map(abs).max() ?? 0
      let worst = zip(values[range], found[range]).map { abs($0 - $1) }.max() ?? 0
      #expect(worst <= 0.2 * size + 1e-6, "\(worst) of \(size)")
    }
  }
}
