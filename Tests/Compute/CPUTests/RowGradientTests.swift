// What reaches the inputs of the functions along rows, against definitions in doubles and their
// differences, between guard pages, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Glibc
import TestSupport
import Testing

@testable import CPU

struct RowGradientTests {
  static let sets = KernelSet.runnable.map(\.name)
  static let widths = VectorTests.widths + [4096, 4099]
  static let eps = 1e-5

  private func gradients(_ set: String) throws -> llava_gradients {
    try #require(KernelSet(named: set)).functions.pointee.vectors.gradients
  }

  // MARK: RMSNorm

  private struct Norm {
    let rows = 3, width: Int
    let x, dy, gain: [Float]

    init(width: Int) {
      var random = SeededGenerator(seed: 51)
      self.width = width
      // Rows of very different sizes; eps counts in the smallest.
      x = (0..<3).flatMap { row in random.floats(width).map { $0 * [1, 1e-3, 300][row] } }
      (dy, gain) = (random.floats(3 * width), random.floats(width))
    }

    func scale(_ x: ArraySlice<Double>) -> Double {
      1 / (x.reduce(0) { $0 + $1 * $1 } / Double(width) + eps).squareRoot()
    }

    /// Of one row.
    func forward(_ x: [Double], gain: [Double]) -> [Double] {
      let scale = scale(x[...])
      return zip(x, gain).map { $0 * scale * $1 }
    }

    func row(_ values: [Float], _ row: Int) -> [Float] {
      Array(values[row * width..<(row + 1) * width])
    }

    func inputGradient(row: Int) -> [Double] {
      let (x, dy) = (self.row(x, row).map(Double.init), self.row(dy, row).map(Double.init))
      let scale = scale(x[...])
      let pull = x.indices.reduce(0) { $0 + Double(gain[$1]) * dy[$1] * x[$1] }
      return x.indices.map {
        scale * Double(gain[$0]) * dy[$0] - x[$0] * scale * scale * scale * pull / Double(width)
      }
    }
  }

  @Test(arguments: sets)
  func normGradientsAgreeWithTheDefinition(set: String) throws {
    let gradients = try gradients(set)
    for width in Self.widths {
      let norm = Norm(width: width)
      let (x, dy, gain) = (Guarded(norm.x), Guarded(norm.dy), Guarded(norm.gain))
      let dx = Guarded([Float](repeating: .nan, count: 3 * width))
      let start = SeededGenerator.floats(width, seed: 52)
      let dgain = Guarded(start)
      gradients.rms_norm(dx.floats, dy.floats, x.floats, gain.floats, 3, width, Float(Self.eps))
      gradients.add_rms_gain(dgain.floats, dy.floats, x.floats, 3, width, Float(Self.eps))
      var gainGradient = start.map(Double.init)
      for row in 0..<3 {
        let found = norm.row(dx.values(3 * width), row)
        let size = norm.scale(norm.row(norm.x, row).map(Double.init)[...])
        let bounds = norm.gain.map { _ in 2e-6 * size }
        expectClose(found, norm.inputGradient(row: row), within: bounds, "\(width), row \(row)")
        let line = norm.row(norm.x, row).map { Double($0) * size }
        for index in 0..<width {
          gainGradient[index] += Double(norm.dy[row * width + index]) * line[index]
        }
      }
      expectClose(dgain.values(width), gainGradient.map(Float.init), relative: 1e-6)
      #expect(x.values(3 * width) == norm.x && dy.values(3 * width) == norm.dy)
    }
  }

  @Test(arguments: sets)
  func normGradientsAgreeWithDifferences(set: String) throws {
    let gradients = try gradients(set)
    for width in VectorTests.widths {
      let norm = Norm(width: width)
      let (x, dy) = (norm.row(norm.x, 0), norm.row(norm.dy, 0))
      let (point, gain) = (x.map(Double.init), norm.gain.map(Double.init))
      let (dx, dgain) = (Guarded(bytes: width * 4), Guarded([Float](repeating: 0, count: width)))
      gradients.rms_norm(dx.floats, dy, x, norm.gain, 1, width, Float(Self.eps))
      gradients.add_rms_gain(dgain.floats, dy, x, 1, width, Float(Self.eps))
      let bounds = x.map { _ in 3e-6 * norm.scale(point[...]) }
      expectClose(
        dx.values(width), derivative(at: point) { dot(dy, norm.forward($0, gain: gain)) },
        within: bounds, "x of \(width)")
      expectClose(
        dgain.values(width), derivative(at: gain) { dot(dy, norm.forward(point, gain: $0)) },
        within: bounds.map { _ in 3e-6 }, "gain of \(width)")
    }
  }

  // MARK: Element by element

  /// From where everything is 0 to where it is linear, and no multiple of a vector.
  private static let points = stride(from: Float(-30), through: 30, by: 0.0613).map { $0 }

  @Test(arguments: sets)
  func geluGradientAgreesWithDifferences(set: String) throws {
    let dy = SeededGenerator.floats(Self.points.count, seed: 53)
    let dx = Guarded(dy)
    let x = Guarded(Self.points)
    // In place, as it may be.
    try gradients(set).gelu(dx.floats, dx.floats, x.floats, dy.count)
    let expected = zip(Self.points, dy).map { x, dy in
      derivative(at: [Double(x)]) { 0.5 * $0[0] * (1 + erf($0[0] / 2.0.squareRoot())) * Double(dy) }
    }
    expectClose(
      dx.values(dy.count), expected.flatMap { $0 }, within: dy.map { 1e-6 * Double(abs($0)) + 1e-9 }
    )
  }

  @Test(arguments: sets)
  func quickGELUGradientAgreesWithDifferences(set: String) throws {
    let dy = SeededGenerator.floats(Self.points.count, seed: 58)
    let dx = Guarded(dy)
    let x = Guarded(Self.points)
    // In place, as it may be.
    try gradients(set).quick_gelu(dx.floats, dx.floats, x.floats, dy.count)
    let expected = zip(Self.points, dy).map { x, dy in
      derivative(at: [Double(x)]) { $0[0] / (1 + exp(-1.702 * $0[0])) * Double(dy) }
    }
    expectClose(
      dx.values(dy.count), expected.flatMap { $0 }, within: dy.map { 2e-6 * Double(abs($0)) + 1e-9 }
    )
  }

  @Test(arguments: sets)
  func gateGradientAgreesWithDifferences(set: String) throws {
    let count = Self.points.count
    let (dy, ups) = (
      SeededGenerator.floats(count, seed: 54), SeededGenerator.floats(count, seed: 55)
    )
    let (gate, up, reached) = (Guarded(Self.points), Guarded(ups), Guarded(dy))
    // Both in place, as they may be.
    try gradients(set).silu_multiply(
      gate.floats, up.floats, reached.floats, gate.floats, up.floats, count)
    let expected = (0..<count).map { index in
      derivative(at: [Double(Self.points[index]), Double(ups[index])]) {
        $0[0] / (1 + exp(-$0[0])) * $0[1] * Double(dy[index])
      }
    }
    let gateBounds = (0..<count).map { 2e-6 * Double(abs(dy[$0] * ups[$0])) + 1e-9 }
    expectClose(gate.values(count), expected.map { $0[0] }, within: gateBounds, "gate")
    let upBounds = zip(Self.points, dy).map { 1e-6 * Double(abs($0 * $1)) + 1e-9 }
    expectClose(up.values(count), expected.map { $0[1] }, within: upBounds, "up")
    #expect(reached.values(count) == dy)
  }

  /// Far from 0 the gradients are those of 0 and of the identity, not NaN.
  @Test(arguments: sets)
  func gradientsSaturate(set: String) throws {
    let gradients = try gradients(set)
    let x: [Float] = [-1e6, -1e4, -100, 100, 1e30, .greatestFiniteMagnitude]
    let ones = [Float](repeating: 1, count: x.count)
    let (dx, dgate, dup) = (
      Guarded(bytes: x.count * 4), Guarded(bytes: x.count * 4), Guarded(bytes: x.count * 4)
    )
    gradients.gelu(dx.floats, ones, x, x.count)
    #expect(dx.values(x.count) == [0, 0, 0, 1, 1, 1])
    gradients.quick_gelu(dx.floats, ones, x, x.count)
    #expect(dx.values(x.count).map { abs($0) < 1e-30 ? 0 : $0 } == [0, 0, 0, 1, 1, 1])
    gradients.silu_multiply(dgate.floats, dup.floats, ones, x, ones, x.count)
    #expect(dgate.values(x.count).map { abs($0) < 1e-30 ? 0 : $0 } == [0, 0, 0, 1, 1, 1])
    #expect(dup.values(x.count).map { abs($0) < 1e-30 ? 0 : $0 } == [0, 0, 0] + x[3...])
  }

  /// A NaN stays where it is seen, along the row of a norm.
  @Test(arguments: sets)
  func notANumberPassesOn(set: String) throws {
    let gradients = try gradients(set)
    var x = SeededGenerator.floats(80, seed: 56)
    let dy = SeededGenerator.floats(80, seed: 57)
    x[43] = .nan
    let (dx, other) = (Guarded(bytes: 320), Guarded(bytes: 320))
    gradients.rms_norm(dx.floats, dy, x, dy, 2, 40, 1e-5)
    #expect(dx.values(80).map(\.isNaN) == (0..<80).map { $0 >= 40 })
    gradients.gelu(dx.floats, dy, x, 80)
    #expect(dx.values(80).map(\.isNaN) == (0..<80).map { $0 == 43 })
    gradients.quick_gelu(dx.floats, dy, x, 80)
    #expect(dx.values(80).map(\.isNaN) == (0..<80).map { $0 == 43 })
    gradients.silu_multiply(dx.floats, other.floats, dy, x, dy, 80)
    #expect(dx.values(80).map(\.isNaN) == (0..<80).map { $0 == 43 })
    #expect(other.values(80).map(\.isNaN) == (0..<80).map { $0 == 43 })
  }
}

extension SeededGenerator {
  /// `count` numbers uniform in -1..<1, of a generator of their own.
  static func floats(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return random.floats(count)
  }
}
