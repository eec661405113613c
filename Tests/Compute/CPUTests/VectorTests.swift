// The functions along rows against double precision, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Glibc
import TestSupport
import Testing

@testable import CPU

struct VectorTests {
  static let sets = KernelSet.runnable.map(\.name)
  static let widths = [1, 2, 7, 15, 16, 17, 31, 33, 63, 64, 65]

  private func vectors(_ set: String) throws -> llava_vectors {
    try #require(KernelSet(named: set)).functions.pointee.vectors
  }

  @Test(arguments: sets)
  func normsAgreeWithDoubles(set: String) throws {
    let vectors = try vectors(set)
    var random = SeededGenerator(seed: 1)
    for width in Self.widths {
      let x = random.floats(3 * width)
      let (gain, bias) = (random.floats(width), random.floats(width))
      let y = Guarded(bytes: 3 * width * 4)
      vectors.rms_norm(y.floats, x, gain, 3, width, 1e-5)
      var expected: [Float] = []
      for r in 0..<3 {
        let line = x[r * width..<(r + 1) * width].map(Double.init)
        let scale = 1 / (line.reduce(0) { $0 + $1 * $1 } / Double(width) + 1e-5).squareRoot()
        expected += zip(line, gain).map { Float($0 * scale * Double($1)) }
      }
      expectClose(
        Array(UnsafeBufferPointer(start: y.floats, count: 3 * width)), expected, relative: 1e-6)
      vectors.layer_norm(y.floats, x, gain, bias, 3, width, 1e-5)
      expected = []
      for r in 0..<3 {
        let line = x[r * width..<(r + 1) * width].map(Double.init)
        let mean = line.reduce(0, +) / Double(width)
        let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        let scale = 1 / (variance + 1e-5).squareRoot()
        expected += line.indices.map {
          Float((line[$0] - mean) * scale * Double(gain[$0]) + Double(bias[$0]))
        }
      }
      expectClose(
        Array(UnsafeBufferPointer(start: y.floats, count: 3 * width)), expected, relative: 2e-6)
    }
  }

  @Test(arguments: sets)
  func softmaxGoesOnFromBlockToBlock(set: String) throws {
    let vectors = try vectors(set)
    var random = SeededGenerator(seed: 2)
    for widths in Self.widths.map({ [$0] }) + [[0, 3], [17, 0, 64], [5, 33, 16, 1], [64, 64]] {
      let blocks = widths.map { random.floats($0).map { $0 * 30 } }
      var state = llava_softmax()
      var found: [Float] = []
      for block in blocks {
        let y = Guarded(block + [Float](repeating: .nan, count: 5))
        let factor = vectors.softmax_block(y.floats, block.count, block.count + 5, 0.5, &state)
        let values = Array(UnsafeBufferPointer(start: y.floats, count: block.count + 5))
        #expect(values[block.count...].allSatisfy { $0 == 0 })
        found = found.map { $0 * factor } + values[..<block.count]
      }
      let x = blocks.flatMap { $0 }
      let largest = x.max()!
      let powers = x.map { exp(Double($0 - largest) * 0.5) }
      let total = powers.reduce(0, +)
      expectClose(found.map { $0 / state.sum }, powers.map { Float($0 / total) }, relative: 1e-6)
      #expect(state.largest == largest)
    }
  }

  /// Each power to its own digits, down to where f32's normal numbers end.
  @Test(arguments: sets)
  func smallPowersKeepTheirDigits(set: String) throws {
    let vectors = try vectors(set)
    let x = [Float](stride(from: 0, through: -86.9, by: -0.1)) + [-86.97, -87.5, -.infinity]
    let y = Guarded(x)
    var state = llava_softmax()
    _ = vectors.softmax_block(y.floats, x.count, x.count, 1, &state)
    for (index, value) in x.enumerated() {
      let expected = value < -87 ? 0 : exp(Double(value))
      #expect(abs(Double(y.floats[index]) - expected) <= expected * 0x1p-22, "e^\(value)")
    }
  }

  @Test(arguments: sets)
  func sumsAndMultiplesStayInTheirRow(set: String) throws {
    let vectors = try vectors(set)
    var random = SeededGenerator(seed: 4)
    for width in Self.widths {
      let (x, y) = (random.floats(2 * width), random.floats(2 * width))
      func run(_ function: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
        let result = Guarded(x)
        function(result.floats)
        return Array(UnsafeBufferPointer(start: result.floats, count: x.count))
      }
      let scaled = x[..<width] + x[width...].map { $0 * 0.3 }
      #expect(run { vectors.scale($0 + width, 0.3, width) } == Array(scaled))
      #expect(run { vectors.add($0, y, x.count) } == zip(x, y).map { $0 + $1 })
      let biased = x.indices.map { x[$0] + y[$0 % width] }
      #expect(run { vectors.add_bias($0, y, 2, width) } == biased)
    }
  }

  @Test(arguments: sets)
  func activationsAgreeWithDoubles(set: String) throws {
    let vectors = try vectors(set)
    let x = stride(from: Float(-120), through: 120, by: 0.37).map { $0 }
    func run(_ function: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
      let y = Guarded(x)
      function(y.floats)
      return Array(UnsafeBufferPointer(start: y.floats, count: x.count))
    }
    for (value, found) in zip(x, run { vectors.quick_gelu($0, x.count) }) {
      let expected = Double(value) / (1 + exp(-1.702 * Double(value)))
      #expect(abs(Double(found) - expected) <= 1e-6 * max(1, abs(expected)))
    }
    for (value, found) in zip(x, run { vectors.gelu($0, x.count) }) {
      let expected = 0.5 * Double(value) * (1 + erf(Double(value) / 2.0.squareRoot()))
      #expect(abs(Double(found) - expected) <= 1e-6 * max(1, abs(expected)))
    }
    let up = [Float](repeating: 2, count: x.count)
    for (value, found) in zip(x, run { vectors.silu_multiply($0, up, x.count) }) {
      let expected = 2 * Double(value) / (1 + exp(-Double(value)))
      #expect(abs(Double(found) - expected) <= 1e-6 * max(1, abs(expected)))
    }
  }

  @Test(arguments: sets)
  func halvesConvertToTheNearest(set: String) throws {
    let vectors = try vectors(set)
    let bits = (0...UInt16.max).map { $0 }
    var wide = [Float](repeating: 0, count: bits.count)
    vectors.formats[Int(LLAVA_F16.rawValue)].to_f32(&wide, bits, bits.count)
    for (bit, found) in zip(bits, wide) {
      let expected = Float(Float16(bitPattern: bit))
      #expect(found == expected || (found.isNaN && expected.isNaN))
    }
    var random = SeededGenerator(seed: 3)
    // Ties as well, which random numbers hardly meet.
    let floats = (0..<5000).map { index in
      let bits = UInt32.random(in: 0...UInt32.max, using: &random)
      return Float(bitPattern: index % 2 == 0 ? bits : bits & ~0xFFFF | 0x8000)
    }
    var narrow = [UInt16](repeating: 0, count: floats.count)
    vectors.to_bf16(&narrow, floats, floats.count)
    for (value, found) in zip(floats, narrow) {
      let nearest = Float(nearestBF16(Double(value)))
      let wide = Float(bitPattern: UInt32(found) << 16)
      #expect(wide.bitPattern == nearest.bitPattern || (wide.isNaN && value.isNaN), "\(value)")
    }
  }

  @Test(arguments: sets)
  func rotationTurnsPairs(set: String) throws {
    let vectors = try vectors(set)
    for width in [2, 8, 34, 128] {
      let angles = (0..<width / 2).map { Double($0) * 0.3 + 0.1 }
      let x = (0..<width).map { Float($0) - 3 }
      let y = Guarded(x)
      vectors.rotate(y.floats, angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) }, width)
      let expected = (0..<width).map { i -> Float in
        let pair = i % (width / 2)
        let (a, b) = (Double(x[pair]), Double(x[pair + width / 2]))
        return Float(
          i < width / 2
            ? a * cos(angles[pair]) - b * sin(angles[pair])
            : b * cos(angles[pair]) + a * sin(angles[pair]))
      }
      expectClose(
        Array(UnsafeBufferPointer(start: y.floats, count: width)), expected, relative: 1e-6)
    }
  }
}
