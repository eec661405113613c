// The f32 product through OpenBLAS, whose rows must not depend on their company either.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Kernels

struct EngineTests {
  private func multiply(
    _ x: [Float], _ w: [Float], rows: Int, outputs: Int, width: Int, threads: Int
  ) throws -> [Float] {
    let engine = try Engine(
      kernels: try #require(KernelSet(named: "scalar")), threads: threads, precision: .f32)
    defer { engine.pool.stop() }
    var y = [Float](repeating: 0, count: rows * outputs)
    w.withUnsafeBytes { bytes in
      let matrix = WeightMatrix(
        base: bytes.baseAddress!, type: .f32, rows: outputs, columns: width)
      engine.multiply(x, rows: rows, by: matrix, bias: nil, into: &y)
    }
    return y
  }

  @Test(arguments: [(1, 5), (17, 33), (64, 256), (200, 300), (577, 40)], [31, 64, 588])
  func blasAgreesWithDoublesAndItself(shape: (Int, Int), width: Int) throws {
    var random = SeededGenerator(seed: 9)
    let (rows, outputs) = shape
    let (x, w) = (random.floats(rows * width), random.floats(outputs * width))
    let all = try multiply(x, w, rows: rows, outputs: outputs, width: width, threads: 2)
    for row in [0, rows / 2, rows - 1] {
      let line = Array(x[row * width..<(row + 1) * width])
      let expected = (0..<outputs).map { n in
        Float((0..<width).reduce(0.0) { $0 + Double(line[$1]) * Double(w[n * width + $1]) })
      }
      let found = Array(all[row * outputs..<(row + 1) * outputs])
      expectClose(found, expected, relative: 1e-5)
      #expect(
        try multiply(line, w, rows: 1, outputs: outputs, width: width, threads: 1) == found)
    }
  }
}
