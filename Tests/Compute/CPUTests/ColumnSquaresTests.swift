// Sums of squares of columns: every row counts, in f64, and sums go on where they were.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

@Suite struct ColumnSquaresTests {
  @Test func sumsAreThoseOfALoop() throws {
    let operations = try CPUOperations(
      kernels: try #require(KernelSet(named: "scalar")), threads: 2, precision: .bf16)
    defer { operations.pool.stop() }
    for (rows, width) in [(1, 1), (3, 5), (17, 33), (0, 4)] {
      var generator = SeededGenerator(seed: 3)
      let values = (0..<rows * width).map { _ in Float.random(in: -1e4...1e4, using: &generator) }
      let start = (0..<width).map { Double($0) / 3 }
      var expected = start
      for row in 0..<rows {
        for column in 0..<width {
          let value = Double(values[row * width + column])
          expected[column] += value * value
        }
      }
      var sums = start
      try operations.addSquares(of: Tensor(values, shape: [rows, width]), to: &sums)
      #expect(sums == expected, "\(rows) \(width)")
    }
  }
}
