// The gradients as operations: no bit depends on the other rows or on the number of threads.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct GradientOperationsTests {
  static let sets = KernelSet.runnable.map(\.name)
  /// More elements than one task takes, of rows that are no multiple of a vector.
  private static let (rows, width) = (37, 1003)

  private func operations(_ set: String, threads: Int) throws -> CPUOperations {
    let kernels = try #require(KernelSet(named: set))
    return try CPUOperations(kernels: kernels, threads: threads, precision: .bf16)
  }

  private func tensor(seed: UInt64) throws -> Tensor {
    try Tensor(
      SeededGenerator.floats(Self.rows * Self.width, seed: seed), shape: [Self.rows, Self.width])
  }

  /// What each function of whole rows gives for rows `part`.
  private func results(_ operations: CPUOperations, _ part: Range<Int>) throws -> [[Float]] {
    let (dy, x, up) = (
      try tensor(seed: 101).rows(part), try tensor(seed: 102).rows(part),
      try tensor(seed: 103).rows(part)
    )
    let gain = Weight(
      f32: try Tensor(SeededGenerator.floats(Self.width, seed: 104), shape: [Self.width]))
    let gates = try operations.gateGradient(dy, gate: x, up: up)
    return [
      try operations.activate(x, .gelu), try operations.activationGradient(dy, of: x, .gelu),
      try operations.gate(x, up), gates.gate, gates.up,
      try operations.rmsNormGradient(dy, of: x, gain: gain, eps: 1e-5),
      try operations.layerNormGradient(dy, of: x, gain: gain, eps: 1e-5),
      try operations.activate(x, .quickGELU),
      try operations.activationGradient(dy, of: x, .quickGELU),
    ].map(\.floatValues)
  }

  @Test(arguments: sets)
  func rowsAreAlone(set: String) throws {
    let (one, three) = (try operations(set, threads: 1), try operations(set, threads: 3))
    defer { three.pool.stop() }
    let whole = try results(one, 0..<Self.rows)
    for part in [0..<Self.rows, 0..<1, 16..<37, 36..<37] {
      let lines = part.lowerBound * Self.width..<part.upperBound * Self.width
      #expect(try results(three, part) == whole.map { Array($0[lines]) }, "rows \(part)")
    }
  }

  /// Sums over rows are one chain in their order: cut into two calls they go on where they were.
  @Test(arguments: sets)
  func sumsOverRowsGoOn(set: String) throws {
    let (dy, x) = (try tensor(seed: 105), try tensor(seed: 106))
    func sums(threads: Int, _ parts: [Range<Int>]) throws -> [[Float]] {
      let operations = try operations(set, threads: threads)
      defer { operations.pool.stop() }
      let gain = try Tensor(SeededGenerator.floats(Self.width, seed: 107), shape: [Self.width])
      let bias = try Tensor(gain.floatValues, shape: [Self.width])
      let layerGain = try Tensor(gain.floatValues, shape: [Self.width])
      for part in parts {
        operations.addGainGradient(dy.rows(part), of: x.rows(part), eps: 1e-5, to: gain)
        operations.addBiasGradient(dy.rows(part), to: bias)
        operations.addLayerGainGradient(
          dy.rows(part), of: x.rows(part), eps: 1e-5, to: layerGain)
      }
      return [gain.floatValues, bias.floatValues, layerGain.floatValues]
    }
    let whole = try sums(threads: 1, [0..<Self.rows])
    #expect(try sums(threads: 3, [0..<Self.rows]) == whole)
    #expect(try sums(threads: 3, [0..<1, 1..<20, 20..<20, 20..<37]) == whole)
    var bias = SeededGenerator.floats(Self.width, seed: 107)
    for row in 0..<Self.rows {
      for (column, value) in dy.values(ofRow: row).enumerated() { bias[column] += value }
    }
    #expect(whole[1] == bias)
  }
}
