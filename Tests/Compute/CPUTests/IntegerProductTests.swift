// Products by integer activations: what they are, the same bits on every set, and no byte beyond.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct IntegerProductTests {
  static let formats = WeightFormat.all.filter { $0.integerWay != .plain }

  /// The product of a set for `format`.
  private static func product(_ set: KernelSet, _ format: WeightFormat) -> llava_product {
    let functions = set.functions.pointee
    return format.integerWay == .by32 ? functions.by_32 : functions.by_256
  }

  private static func elementsOfScale(_ format: WeightFormat) -> Int {
    format.integerWay == .by32 ? 32 : 256
  }

  /// Blocks of any bytes, but for scales that are small numbers.
  private static func bytes(_ format: WeightFormat, count: Int, seed: UInt64) throws -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    let scales = try #require(BlockProductTests.scales[format.name])
    return (0..<count / format.blockElements).flatMap { _ -> [UInt8] in
      var block = (0..<format.blockBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
      for place in scales {
        let bits = Float16(random.float() * 0.01).bitPattern
        block[place] = UInt8(truncatingIfNeeded: bits)
        block[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
      }
      return block
    }
  }

  /// Everything between guard pages, the weights at an odd address.
  private static func multiply(
    _ product: llava_product, _ x: [Float], _ weights: [UInt8], _ format: WeightFormat,
    _ shape: ProductTests.Shape
  ) -> [Float] {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let input = Guarded(x)
    let stored = Guarded(bytes: weights.count, alignment: 1)
    stored.base.copyMemory(from: weights, byteCount: weights.count)
    let packed = Guarded(bytes: product.packed_bytes(m, k), alignment: 64)
    let scratch = Guarded(bytes: product.scratch_bytes(m, k), alignment: 64)
    let output = Guarded(bytes: m * n * 4)
    product.pack(packed.base, input.floats, k, m, k, 0, (m + product.lanes - 1) / product.lanes)
    var rows = llava_weights(
      data: stored.base, element: format.element,
      row_bytes: k / format.blockElements * format.blockBytes)
    product.multiply(output.floats, n, packed.base, &rows, m, n, k, scratch.base)
    return Array(UnsafeBufferPointer(start: output.floats, count: m * n))
  }

  /// x as integers and scales show it.
  private static func shown(_ x: [Float], _ format: WeightFormat) -> [Double] {
    let count = elementsOfScale(format)
    return stride(from: 0, to: x.count, by: count).flatMap { first -> [Double] in
      let block = x[first..<first + count]
      let largest = block.map(abs).max() ?? 0
      guard largest >= 0x1p-100 else { return [Double](repeating: 0, count: count) }
      let factor = 127 / largest
      return block.map { Double(($0 * factor).rounded(.toNearestOrEven)) * Double(largest / 127) }
    }
  }

  /// Few and many rows on both sides of each way's border, widths of one block and of several.
  static let shapes: [ProductTests.Shape] =
    [1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 32, 33].flatMap { m in
      [1, 3, 16, 65].map { n in ProductTests.Shape(m: m, n: n, k: m % 2 == 0 ? 256 : 1280) }
    } + [ProductTests.Shape(m: 5, n: 130, k: 2304), ProductTests.Shape(m: 769 % 97, n: 9, k: 512)]

  @Test(arguments: formats)
  func everySetGivesTheDefinitionsBits(format: WeightFormat) throws {
    var random = SeededGenerator(seed: 3)
    let scalar = try #require(KernelSet(named: "scalar"))
    for shape in Self.shapes {
      let x = random.floats(shape.m * shape.k)
      let weights = try Self.bytes(format, count: shape.n * shape.k, seed: UInt64(shape.n))
      let wanted = Self.multiply(Self.product(scalar, format), x, weights, format, shape)
      for set in KernelSet.runnable where set.name != "scalar" {
        let found = Self.multiply(Self.product(set, format), x, weights, format, shape)
        #expect(found.map(\.bitPattern) == wanted.map(\.bitPattern), "\(set.name), \(shape)")
      }
    }
  }

  /// Against decoded weights and the activations that integers show, within the roundings of a chain.
  @Test(arguments: formats) func theDefinitionIsTheProduct(format: WeightFormat) throws {
    var random = SeededGenerator(seed: 5)
    let scalar = try #require(KernelSet(named: "scalar"))
    let shape = ProductTests.Shape(m: 3, n: 7, k: 1024)
    let x = random.floats(shape.m * shape.k)
    let weights = try Self.bytes(format, count: shape.n * shape.k, seed: 6)
    let found = Self.multiply(Self.product(scalar, format), x, weights, format, shape)
    var decoded = [Float](repeating: 0, count: shape.n * shape.k)
    llava_format_of(format.element).pointee.to_f32(&decoded, weights, decoded.count)
    let shown = Self.shown(x, format)
    for (row, output) in (0..<shape.m).flatMap({ row in (0..<shape.n).map { (row, $0) } }) {
      let terms = (0..<shape.k).map {
        shown[row * shape.k + $0] * Double(decoded[output * shape.k + $0])
      }
      let size = terms.reduce(0) { $0 + abs($1) }
      let error = abs(Double(found[row * shape.n + output]) - terms.reduce(0, +))
      // Blocks' sums before the minimum are larger than their terms: 16 for 8 is room enough.
      #expect(error <= 16 * size * roundoff, "row \(row), output \(output)")
    }
  }

  /// The largest elements by the largest activations, of either sign: sums in 16 bits must hold them.
  @Test(arguments: formats, [1, 9, 33])
  func sumsDoNotOverflow(format: WeightFormat, rows: Int) throws {
    let shape = ProductTests.Shape(m: rows, n: 5, k: 512)
    let scalar = try #require(KernelSet(named: "scalar"))
    let places = try #require(BlockProductTests.scales[format.name])
    for byte in [0xFF, 0x80, 0x7F] as [UInt8] {
      var block = [UInt8](repeating: byte, count: format.blockBytes)
      for place in places { (block[place], block[place + 1]) = (0, 0x3C) }
      let weights = [[UInt8]](
        repeating: block, count: shape.n * shape.k / format.blockElements
      ).flatMap(\.self)
      for sign in [1, -1] as [Float] {
        let x: [Float] = (0..<shape.m * shape.k).map { sign * Float($0 % 2 == 0 ? 1 : 0.99) }
        let wanted = Self.multiply(Self.product(scalar, format), x, weights, format, shape)
        var decoded = [Float](repeating: 0, count: shape.k)
        llava_format_of(format.element).pointee.to_f32(&decoded, weights, shape.k)
        let exact = zip(decoded, x).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(wanted[0]) - exact) <= 0.01 * abs(exact))
        for set in KernelSet.runnable {
          let found = Self.multiply(Self.product(set, format), x, weights, format, shape)
          #expect(found.map(\.bitPattern) == wanted.map(\.bitPattern), "\(set.name), \(byte)")
        }
      }
    }
  }

  /// What is not finite makes its own row so and no other; what is tiny counts as nothing.
  @Test(arguments: KernelSet.runnable.map(\.name), formats)
  func oddInputsStayInTheirRow(set: String, format: WeightFormat) throws {
    var random = SeededGenerator(seed: 7)
    let product = Self.product(try #require(KernelSet(named: set)), format)
    let weights = try Self.bytes(format, count: 3 * 512, seed: 8)
    for m in [3, 12] {
      let shape = ProductTests.Shape(m: m, n: 3, k: 512)
      let plain = random.floats(m * 512)
      let wanted = Self.multiply(product, plain, weights, format, shape)
      for odd in [Float.nan, .infinity, -.infinity] {
        var x = plain
        x[512 + 300] = odd
        let found = Self.multiply(product, x, weights, format, shape)
        #expect(found[3..<6].allSatisfy { $0.isNaN })
        #expect(found[6...].elementsEqual(wanted[6...]) && found[0..<3] == wanted[0..<3])
      }
      let tiny = Self.multiply(
        product, plain.map { $0 * 0x1p-130 }, weights, format, shape)
      #expect(tiny.allSatisfy { $0 == 0 })
    }
  }

  /// A row's result through the engine: whatever rows, threads and sets there are, and the same where
  /// other weights take the same input another way.
  @Test(arguments: formats) func theEngineGivesEveryRowItsBits(format: WeightFormat) throws {
    var random = SeededGenerator(seed: 9)
    let weight = try BlockProductTests.weight(format, order: nil)
    let other = try BlockProductTests.weight(
      format.integerWay == .by32 ? .q4K : .q80, order: RowOrder(pairsOfHeads: 12))
    let plain = try BlockProductTests.weight(.q2K, order: nil)
    let rows = 800
    let x = try Tensor(random.floats(rows * weight.columns), shape: [rows, weight.columns])
    var wanted: [Tensor] = []
    for set in KernelSet.runnable.map(\.oneChain) {
      for threads in [1, 2] {
        let operations = try CPUOperations(
          kernels: set, threads: threads, precision: .bf16, activations: .int8)
        defer { operations.pool.stop() }
        let found = try operations.linears(x, [(weight, nil), (other, nil), (plain, nil)])
        if wanted.isEmpty { wanted = found }
        for (one, another) in zip(found, wanted) {
          #expect(one.hasSameBytes(as: another), "\(set.name)")
        }
        for row in [0, 5, 767, 799] {
          let alone = try Tensor(
            Array(x.floatValues[row * weight.columns..<(row + 1) * weight.columns]),
            shape: [1, weight.columns])
          let result = try operations.linear(alone, weight: weight, bias: nil, activation: nil)
          let first = row * weight.rows
          #expect(
            result.floatValues == Array(wanted[0].floatValues[first..<first + weight.rows]))
        }
      }
    }
  }
}
