// Dropout: what it keeps, how often it drops, and that neighbours have nothing to do with each other.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct DropoutTests {
  static let sets = KernelSet.runnable.map(\.name)

  private func operations(_ set: String, threads: Int = 2) throws -> CPUOperations {
    let kernels = try #require(KernelSet(named: set))
    return try CPUOperations(kernels: kernels, threads: threads, precision: .bf16)
  }

  /// Whether each element of [keys.count, width] is dropped.
  private func dropped(_ keys: [UInt64], width: Int, rate: Double) throws -> [Bool] {
    let operations = try operations(Self.sets[0])
    defer { operations.pool.stop() }
    let ones = [Float](repeating: 1, count: keys.count * width)
    let x = try Tensor(ones, shape: [keys.count, width])
    return try operations.dropout(x, DropoutMask(rate: rate, rowKeys: keys)).floatValues
      .map { $0 == 0 }
  }

  @Test(arguments: sets)
  func elementsAreDroppedOrEnlarged(set: String) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    var random = SeededGenerator(seed: 41)
    for width in [1, 7, 16, 33, 1000] {
      let keys: [UInt64] = [0, 1, .max]
      let values = random.floats(3 * width)
      let x = try Tensor(values, shape: [3, width])
      let found = try operations.dropout(x, DropoutMask(rate: 0.25, rowKeys: keys)).floatValues
      for (value, y) in zip(values, found) { #expect(y == 0 || y == value * (1 / 0.75)) }
      let all = try operations.dropout(x, DropoutMask(rate: 0, rowKeys: keys))
      #expect(all.hasSameBytes(as: x))
      #expect(x.floatValues == values)
    }
  }

  /// The mask is a function of key and column: other rows, threads and sets change nothing.
  @Test func theMaskDependsOnKeyAndColumnAlone() throws {
    let keys = (0..<40).map { UInt64($0) &* 0x1_0000_0001 }
    let width = 700
    var random = SeededGenerator(seed: 42)
    let x = try Tensor(random.floats(keys.count * width), shape: [keys.count, width])
    var expected: Tensor?
    for set in Self.sets {
      for threads in [1, 3] {
        let operations = try operations(set, threads: threads)
        defer { operations.pool.stop() }
        let found = try operations.dropout(x, DropoutMask(rate: 0.1, rowKeys: keys))
        #expect(found.hasSameBytes(as: expected ?? found), "\(set), \(threads) threads")
        expected = found
        let alone = try operations.dropout(
          x.rows(17..<18), DropoutMask(rate: 0.1, rowKeys: [keys[17]]))
        #expect(alone.hasSameBytes(as: found.rows(17..<18)))
      }
    }
  }

  /// Keys that a caller may form: all next to each other, or different in one of their halves.
  static let families: [[UInt64]] = [
    (0..<400).map { UInt64($0) }, (0..<400).map { UInt64($0) << 32 },
    (0..<400).map { UInt64($0) << 32 | UInt64($0) }, (0..<400).map { .max - UInt64($0) },
  ]

  @Test(arguments: families, [0.05, 0.1, 0.5])
  func theRateIsKept(keys: [UInt64], rate: Double) throws {
    let width = 1000
    let mask = try dropped(keys, width: width, rate: rate)
    func expectRate(_ count: Int, of trials: Int, _ deviations: Double, _ what: String) {
      let deviation = (rate * (1 - rate) * Double(trials)).squareRoot()
      let distance = abs(Double(count) - rate * Double(trials)) / deviation
      #expect(distance < deviations, "\(what): \(count) of \(trials)")
    }
    expectRate(mask.count { $0 }, of: mask.count, 4.5, "all")
    // 400 rows and 1000 columns: 5.5 standard deviations are one in 2.6e7.
    for row in keys.indices {
      let line = mask[row * width..<(row + 1) * width]
      expectRate(line.count { $0 }, of: width, 5.5, "row \(row)")
    }
    for column in 0..<width {
      let count = keys.indices.count { mask[$0 * width + column] }
      expectRate(count, of: keys.count, 5.5, "column \(column)")
    }
  }

  /// Pairs of elements `rows` and `columns` apart drop together as often as chance has it.
  @Test(arguments: families)
  func neighboursAreIndependent(keys: [UInt64]) throws {
    let (width, rate) = (1000, 0.5)
    let mask = try dropped(keys, width: width, rate: rate)
    for rows in 0...4 {
      for columns in -8...8 where rows > 0 || columns > 0 {
        var (together, pairs) = (0, 0)
        for row in 0..<keys.count - rows {
          for column in max(0, -columns)..<min(width, width - columns) {
            let other = (row + rows) * width + column + columns
            if mask[row * width + column] == mask[other] { together += 1 }
            pairs += 1
          }
        }
        let deviations =
          abs(Double(together) - 0.5 * Double(pairs)) / (0.25 * Double(pairs)).squareRoot()
        #expect(
          deviations < 5, "\(rows) rows and \(columns) columns apart: \(together) of \(pairs)")
      }
    }
  }
}
