// What reaches the input and the gain of a layer norm, against the definition in doubles and its
// differences, between guard pages, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import TestSupport
import Testing

@testable import CPU

struct LayerNormGradientTests {
  static let sets = KernelSet.runnable.map(\.name)
  static let widths = VectorTests.widths + [1024, 1027]
  static let eps = 1e-5

  private func gradients(_ set: String) throws -> llava_gradients {
    try #require(KernelSet(named: set)).functions.pointee.vectors.gradients
  }

  /// One row, about a mean of its own.
  fileprivate struct Row {
    let x, dy, gain: [Float]

    init(width: Int, size: Float, mean: Float, seed: UInt64) {
      var random = SeededGenerator(seed: seed)
      x = random.floats(width).map { $0 * size + mean }
      (dy, gain) = (random.floats(width), random.floats(width))
    }

    /// (x - mean) / sqrt(variance + eps), and that root's inverse.
    static func normed(_ x: [Double]) -> (values: [Double], scale: Double) {
      let mean = x.reduce(0, +) / Double(x.count)
      let squares = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let scale = 1 / (squares / Double(x.count) + eps).squareRoot()
      return (x.map { ($0 - mean) * scale }, scale)
    }

    static func forward(_ x: [Double], gain: [Double]) -> [Double] {
      zip(normed(x).values, gain).map { $0 * $1 }
    }

    var inputGradient: [Double] {
      let (normed, scale) = Self.normed(x.map(Double.init))
      let reached = zip(dy, gain).map { Double($0) * Double($1) }
      let shift = reached.reduce(0, +) / Double(x.count)
      let pull = zip(reached, normed).reduce(0) { $0 + $1.0 * $1.1 } / Double(x.count)
      return x.indices.map { scale * (reached[$0] - shift - normed[$0] * pull) }
    }

    var gainGradient: [Double] {
      zip(dy, Self.normed(x.map(Double.init)).values).map { Double($0) * $1 }
    }
  }

  /// Rows of several sizes, one of them far from zero; eps counts in the smallest.
  @Test(arguments: sets)
  func agreesWithTheDefinition(set: String) throws {
    let gradients = try gradients(set)
    for width in Self.widths {
      let rows = [(Float(1), Float(0)), (1e-3, 0), (300, 50)].enumerated().map {
        Row(width: width, size: $1.0, mean: $1.1, seed: UInt64(61 + $0))
      }
      let gain = Guarded(rows[0].gain)
      let x = Guarded(rows.flatMap(\.x))
      let dy = Guarded(rows.flatMap(\.dy))
      let dx = Guarded([Float](repeating: .nan, count: 3 * width))
      gradients.layer_norm(dx.floats, dy.floats, x.floats, gain.floats, 3, width, Float(Self.eps))
      let start = SeededGenerator.floats(width, seed: 64)
      let dgain = Guarded(start)
      gradients.add_layer_gain(dgain.floats, dy.floats, x.floats, 3, width, Float(Self.eps))
      var sums = start.map(Double.init)
      for (index, row) in rows.enumerated() {
        let same = Row(x: row.x, dy: row.dy, gain: rows[0].gain)
        let found = Array(dx.values(3 * width)[index * width..<(index + 1) * width])
        let scale = Row.normed(row.x.map(Double.init)).scale
        // A row of one or two elements is nothing but what its mean's rounding leaves.
        let bounds = row.x.map { _ in 4e-6 * scale }
        expectClose(found, same.inputGradient, within: bounds, "\(width), row \(index)")
        for (column, value) in row.gainGradient.enumerated() { sums[column] += value }
      }
      expectClose(dgain.values(width), sums, within: sums.map { _ in 4e-6 }, "gain of \(width)")
    }
  }

  @Test(arguments: sets)
  func agreesWithDifferences(set: String) throws {
    let gradients = try gradients(set)
    for width in VectorTests.widths where width > 1 {
      let row = Row(width: width, size: 1, mean: 0.25, seed: 65)
      let (dx, dgain) = (Guarded(bytes: width * 4), Guarded([Float](repeating: 0, count: width)))
      gradients.layer_norm(dx.floats, row.dy, row.x, row.gain, 1, width, Float(Self.eps))
      gradients.add_layer_gain(dgain.floats, row.dy, row.x, 1, width, Float(Self.eps))
      let (point, gain) = (row.x.map(Double.init), row.gain.map(Double.init))
      // The smallest rows are steep: their own differences are off by more.
      let scale = max(1, Row.normed(point).scale)
      let bound = 4e-6 * scale * scale
      expectClose(
        dx.values(width), derivative(at: point) { dot(row.dy, Row.forward($0, gain: gain)) },
        within: point.map { _ in bound }, "x of \(width)")
      expectClose(
        dgain.values(width), derivative(at: gain) { dot(row.dy, Row.forward(point, gain: $0)) },
        within: point.map { _ in 4e-6 }, "gain of \(width)")
    }
  }

  /// A NaN stays in its row.
  @Test(arguments: sets)
  func notANumberStaysInItsRow(set: String) throws {
    var x = SeededGenerator.floats(80, seed: 66)
    let dy = SeededGenerator.floats(80, seed: 67)
    x[43] = .nan
    let dx = Guarded(bytes: 320)
    try gradients(set).layer_norm(dx.floats, dy, x, dy, 2, 40, 1e-5)
    #expect(dx.values(80).map(\.isNaN) == (0..<80).map { $0 >= 40 })
  }
}

extension LayerNormGradientTests.Row {
  fileprivate init(x: [Float], dy: [Float], gain: [Float]) {
    (self.x, self.dy, self.gain) = (x, dy, gain)
  }
}
