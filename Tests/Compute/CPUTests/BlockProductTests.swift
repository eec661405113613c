// Products by blocks, and by rows in a file's order, against the same by decoded weights: every bit.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct BlockProductTests {
  static let formats = WeightFormat.all.filter(\.isQuantised)

  /// Where the f16 scales of a block stand; all other bytes may be anything.
  static let scales: [String: [Int]] = [
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82],
    "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
  ]

  /// Random weights [24, 1280] at an odd address, as a file may have them; `order` groups 12 rows.
  static func weight(_ format: WeightFormat, order: RowOrder?) throws -> Weight {
    var random = SeededGenerator(seed: 21)
    let (rows, columns) = (24, 1280)
    let count = rows * columns / format.blockElements
    var bytes: [UInt8] = [0]
    for _ in 0..<count {
      var block = (0..<format.blockBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
      for place in try #require(scales[format.name]) {
        let bits = Float16(random.float() * 0.01).bitPattern
        block[place] = UInt8(truncatingIfNeeded: bits)
        block[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
      }
      bytes += block
    }
    return try weight(bytes, format, rows: rows, columns: columns, order: order)
  }

  private static func weight(
    _ bytes: [UInt8], _ format: WeightFormat, rows: Int, columns: Int, order: RowOrder?
  ) throws -> Weight {
    let storage = try TensorStorage(byteCount: bytes.count)
    Tensor(.u8, shape: [bytes.count], storage: storage).withUnsafeMutableBytes { target in
      target.copyBytes(from: bytes)
    }
    return try #require(
      Weight(
        rows: rows, columns: columns, format: format, rowOrder: order, storage: storage,
        byteOffset: 1))
  }

  private static func operations(_ set: String, _ precision: Precision) throws -> CPUOperations {
    let kernels = try #require(KernelSet(named: set))
    let pool = try CPUOperations(kernels: kernels, threads: 2, precision: .bf16).pool
    // Our own f32 products, on every machine.
    return CPUOperations(
      engine: Engine(kernels: kernels, pool: pool, precision: precision, usesBLAS: false))
  }

  private func input(_ rows: Int, _ width: Int) throws -> Tensor {
    var random = SeededGenerator(seed: 4)
    return try Tensor(random.floats(rows * width), shape: [rows, width])
  }

  @Test(arguments: KernelSet.runnable.map(\.name), formats)
  func everyBitIsThatOfDecodedWeights(set: String, format: WeightFormat) throws {
    for precision in [Precision.bf16, .f32] {
      let operations = try Self.operations(set, precision)
      defer { operations.pool.stop() }
      for order in [nil, RowOrder(pairsOfHeads: 12)] {
        let weight = try Self.weight(format, order: order)
        let decoded = Weight(f32: try weight.decoded())
        for rows in amount([1, 17], soak: [1, 3, 17, 70]) {
          let x = try input(rows, weight.columns)
          let found = try operations.linear(x, weight: weight, bias: nil, activation: nil)
          let wanted = try operations.linear(x, weight: decoded, bias: nil, activation: nil)
          #expect(found.hasSameBytes(as: wanted), "\(precision), \(rows) rows")
          #expect(!wanted.floatValues.contains { !$0.isFinite })
        }
        let ids: [Int32] = [23, 0, 7, 7]
        #expect(
          try operations.rows(ids, of: weight).hasSameBytes(as: operations.rows(ids, of: decoded)))
      }
    }
  }

  /// What gradients are made of: products by the columns.
  @Test(arguments: KernelSet.runnable.map(\.name), formats)
  func columnsAreThoseOfDecodedWeights(set: String, format: WeightFormat) throws {
    for precision in [Precision.bf16, .f32] {
      let operations = try Self.operations(set, precision)
      defer { operations.pool.stop() }
      for order in [nil, RowOrder(pairsOfHeads: 12)] {
        let weight = try Self.weight(format, order: order)
        let decoded = Weight(f32: try weight.decoded())
        let dy = try input(19, weight.rows)
        let found = try operations.inputGradient(dy, weight: weight)
        let wanted = try operations.inputGradient(dy, weight: decoded)
        #expect(found.hasSameBytes(as: wanted), "\(precision)")
      }
    }
  }

  /// Plain elements in the order of llama.cpp, through OpenBLAS where it is there.
  @Test(arguments: [WeightFormat.f32, .f16, .bf16]) func plainRowsComeInOrder(
    format: WeightFormat
  ) throws {
    var random = SeededGenerator(seed: 8)
    let (rows, columns) = (24, 64)
    let bytes = (0..<rows * columns).flatMap { _ -> [UInt8] in
      let value = random.float()
      let bits =
        format == .f32
        ? value.bitPattern : UInt32(format == .f16 ? Float16(value).bitPattern : value.bf16)
      return (0..<format.blockBytes).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    let weight = try Self.weight(
      [0] + bytes, format, rows: rows, columns: columns, order: RowOrder(pairsOfHeads: 8))
    let plain = try Self.weight([0] + bytes, format, rows: rows, columns: columns, order: nil)
    let decoded = try weight.decoded()
    #expect(try decoded.values(ofRow: 4) == plain.decoded().values(ofRow: 1))
    #expect(try decoded.values(ofRow: 9) == plain.decoded().values(ofRow: 10))
    let kernels = try #require(KernelSet(named: "scalar"))
    for precision in [Precision.bf16, .f32] {
      guard
        let operations = try? CPUOperations(kernels: kernels, threads: 2, precision: precision)
      else { continue }
      defer { operations.pool.stop() }
      let x = try input(5, columns)
      let found = try operations.linear(x, weight: weight, bias: nil, activation: nil)
      let wanted = try operations.linear(
        x, weight: Weight(f32: decoded), bias: nil, activation: nil)
      #expect(found.hasSameBytes(as: wanted), "\(precision)")
    }
  }
}
