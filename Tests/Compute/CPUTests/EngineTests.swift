// The f32 product through OpenBLAS, whose rows must not depend on their company either.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import CPU

struct EngineTests {
  private func multiply(
    _ x: [Float], _ w: [Float], rows: Int, outputs: Int, threads: Int
  ) throws -> [Float] {
    let engine = try Engine(
      kernels: try #require(KernelSet(named: "scalar")), threads: threads, precision: .f32)
    defer { engine.pool.stop() }
    return engine.multiply(
      x, rows: rows, by: w, outputs: outputs,
      over: [Float](repeating: .nan, count: rows * outputs))
  }

  @Test(arguments: [(1, 5), (17, 33), (64, 256), (200, 300), (577, 40)], [31, 64, 588])
  func blasAgreesWithTheDefinitionAndItself(shape: (Int, Int), width: Int) throws {
    var random = SeededGenerator(seed: 9)
    let (rows, outputs) = shape
    let (x, w) = (random.floats(rows * width), random.floats(outputs * width))
    let all = try multiply(x, w, rows: rows, outputs: outputs, threads: 2)
    for row in [0, rows / 2, rows - 1] {
      let line = Array(x[row * width..<(row + 1) * width])
      func product(_ number: (Float) -> Double) -> [Double] {
        Definition(product: line.map(number), by: w.map(number), m: 1, n: outputs, k: width).values
      }
      let found = Array(all[row * outputs..<(row + 1) * outputs])
      // OpenBLAS adds in an order of its own.
      let bounds = product { abs(Double($0)) }.map { $0 * additions(width) }
      expectClose(found, product { Double($0) }, within: bounds)
      #expect(try multiply(line, w, rows: 1, outputs: outputs, threads: 1) == found)
    }
  }

  @Test(arguments: KernelSet.runnable.map(\.name))
  func bitsDoNotDependOnHowWorkIsCut(set: String) throws {
    var random = SeededGenerator(seed: 10)
    let (outputs, width, most) = (1094, 34, 800)  // more rows than one call of a kernel takes
    let x = random.floats(most * width)
    let bias = random.floats(outputs)
    let weights = random.floats(outputs * width).map(\.bf16)
    let kernels = try #require(KernelSet(named: set))
    var expected: [Float] = []
    for (threads, rows) in [
      (1, most), (1, 1), (1, 9), (2, 1), (2, 64), (3, 1), (3, 65), (2, 769), (3, most),
    ] {
      let engine = try Engine(kernels: kernels, threads: threads, precision: .bf16)
      defer { engine.pool.stop() }
      let y = engine.multiply(
        x, rows: rows, by: weights, outputs: outputs, bias: bias,
        over: [Float](repeating: .nan, count: rows * outputs))
      if expected.isEmpty { expected = y }
      #expect(y == Array(expected[..<y.count]), "\(threads) threads, \(rows) rows")
    }
  }
}
