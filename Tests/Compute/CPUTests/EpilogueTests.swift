// What becomes of a product's results: every epilogue beside the plain product and plain Swift.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Operations
import TestSupport
import Testing

@testable import CPU

struct EpilogueTests {
  /// More rows than one call of a kernel takes.
  private static let (rows, outputs, width) = (770, 301, 40)
  private let x, bias, before: [Float]
  private let weights: [UInt16]

  init() {
    var random = SeededGenerator(seed: 11)
    x = random.floats(Self.rows * Self.width)
    bias = random.floats(Self.outputs)
    before = random.floats(Self.rows * Self.outputs)
    weights = random.floats(Self.outputs * Self.width).map(\.bf16)
  }

  /// y after the product of the first `rows` of x; y holds `before` at first.
  private func multiply(
    _ set: String, _ precision: Precision, _ epilogue: Epilogue, rows: Int = rows
  ) throws -> [Float] {
    let engine = try Engine(
      kernels: try #require(KernelSet(named: set)), threads: 2, precision: precision)
    defer { engine.pool.stop() }
    return engine.multiply(
      x, rows: rows, by: weights, outputs: Self.outputs, bias: bias, epilogue,
      over: Array(before.prefix(rows * Self.outputs)))
  }

  @Test(arguments: KernelSet.runnable.map(\.name), Precision.allCases)
  func epiloguesAgreeWithTheProductAlone(set: String, precision: Precision) throws {
    let results = try multiply(set, precision, .store(nil))
    // The sum is rounded once however it is made; the functions have their own tests.
    #expect(try multiply(set, precision, .add) == zip(before, results).map(+))
    expectClose(
      try multiply(set, precision, .gate),
      zip(before, results).map { $0 / (1 + exp(-$0)) * $1 }, relative: 1e-5)
    expectClose(
      try multiply(set, precision, .store(.quickGELU)),
      results.map { $0 / (1 + exp(-1.702 * $0)) }, relative: 1e-5)
    expectClose(
      try multiply(set, precision, .store(.gelu)),
      results.map { 0.5 * $0 * (1 + erf($0 / Float(2).squareRoot())) }, relative: 1e-5)
  }

  @Test(arguments: KernelSet.runnable.map(\.name), Precision.allCases)
  func bitsDoNotDependOnTheOtherRows(set: String, precision: Precision) throws {
    for epilogue in [Epilogue.store(.quickGELU), .store(.gelu), .add, .gate] {
      let together = try multiply(set, precision, epilogue)
      for rows in [1, 7, 17, 48, 769] {
        let found = try multiply(set, precision, epilogue, rows: rows)
        #expect(found == Array(together.prefix(found.count)), "\(epilogue), \(rows) rows")
      }
    }
  }

  /// Products of one input at a time, and of one list after each other, as the same ones alone.
  @Test(arguments: KernelSet.runnable.map(\.name), Precision.allCases)
  func listsAgreeWithProductsAlone(set: String, precision: Precision) throws {
    let engine = try Engine(
      kernels: try #require(KernelSet(named: set)), threads: 3, precision: precision)
    defer { engine.pool.stop() }
    for rows in [1, 9, 50, Self.rows] {
      let (alone, together) = (results(rows), results(rows))
      weights.withUnsafeBytes { bytes in
        func product(_ outputs: Int, _ epilogue: Epilogue, _ y: UnsafeMutablePointer<Float>)
          -> Engine.Product
        {
          let matrix = WeightMatrix(
            base: bytes.baseAddress!, format: .bf16, rows: outputs, columns: Self.width)
          return Engine.Product(by: matrix, epilogue, into: y)
        }
        func lists(_ y: [UnsafeMutableBufferPointer<Float>]) -> [[Engine.Product]] {
          [
            [
              product(Self.outputs, .store(.gelu), y[0].baseAddress!),
              product(Self.outputs, .gate, y[0].baseAddress!),
            ],
            [product(7, .store(nil), y[1].baseAddress!)],
            [product(Self.outputs - 1, .add, y[2].baseAddress!)],
          ]
        }
        for product in lists(alone).joined() { engine.multiply(x, rows: rows, by: [[product]]) }
        engine.multiply(x, rows: rows, by: lists(together))
      }
      for (one, other) in zip(alone, together) {
        #expect(Array(one) == Array(other), "\(rows) rows")
        one.deallocate()
        other.deallocate()
      }
    }
  }

  private func results(_ rows: Int) -> [UnsafeMutableBufferPointer<Float>] {
    (0..<3).map { _ in
      let y = UnsafeMutableBufferPointer<Float>.allocate(capacity: rows * Self.outputs)
      y.initialize(repeating: 0.5)
      return y
    }
  }
}
