// Every row's products against the definition, at edge shapes, between guard pages.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import CTileEmulation
import Glibc
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

/// Memory that ends at an unmapped page: one byte read or written beyond it is a crash.
final class Guarded {
  let base: UnsafeMutableRawPointer
  private let map: UnsafeMutableRawPointer
  private let mapBytes: Int

  init(bytes: Int, alignment: Int = 4) {
    let page = 4096
    let padded = (bytes + page - 1) / page * page
    mapBytes = padded + page
    map = mmap(nil, mapBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    mprotect(map + padded, page, PROT_NONE)
    base = map + (padded - bytes) / alignment * alignment
  }

  convenience init(_ values: [Float]) {
    self.init(bytes: values.count * 4)
    base.copyMemory(from: values, byteCount: values.count * 4)
  }

  deinit { munmap(map, mapBytes) }

  var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
}

/// Why AMX's product is not tried over emulated tiles.
let withoutTiles: Comment = "packing for AMX needs AVX-512 with bf16, which this machine lacks"

struct ProductTests {
  struct Shape: CustomStringConvertible, Sendable {
    let m, n, k: Int
    var description: String { "\(m) x \(n) x \(k)" }
  }

  static let shapes: [Shape] =
    [1, 15, 16, 17, 49].flatMap { m in [1, 7, 33, 64, 65].map { (m, $0) } }
    .flatMap { m, n in [1, 2, 31, 33, 64].map { Shape(m: m, n: n, k: $0) } }
    + [Shape(m: 3, n: 9, k: 2049), Shape(m: 50, n: 8, k: 4128), Shape(m: 97, n: 70, k: 66)]
    // Wider than a block of columns, by few rows: the largest scratch.
    + [Shape(m: 7, n: 17, k: 11_008)]

  /// Weights of `type`, at the end of a page.
  static func weights(_ values: [Float], type: WeightFormat) -> Guarded {
    if type == .f32 { return Guarded(values) }
    let guarded = Guarded(bytes: values.count * 2, alignment: 2)
    let half = guarded.base.assumingMemoryBound(to: UInt16.self)
    for (index, value) in values.enumerated() {
      half[index] = type == .bf16 ? value.bf16 : Float16(value).bitPattern
    }
    return guarded
  }

  static func multiply(
    _ product: llava_product, _ x: [Float], _ w: Guarded, type: WeightFormat, _ shape: Shape
  ) -> [Float] {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let input = Guarded(x)
    let packed = Guarded(bytes: product.packed_bytes(m, k), alignment: 64)
    let scratch = Guarded(bytes: product.scratch_bytes(m, k), alignment: 64)
    let output = Guarded(bytes: m * n * 4)
    product.pack(packed.base, input.floats, k, m, k, 0, (m + product.lanes - 1) / product.lanes)
    var weights = llava_weights(
      data: w.base, element: type.element, row_bytes: k * type.blockBytes)
    product.multiply(output.floats, n, packed.base, &weights, m, n, k, scratch.base)
    return Array(UnsafeBufferPointer(start: output.floats, count: m * n))
  }

  /// What the tests of one type of weights multiply, and what that is by definition.
  struct Case: Sendable {
    let shape: Shape
    let x, w: [Float]
    let values, bounds: [Double]
  }

  /// Made once for all sets of kernels.
  static let cases: [Rounding: [WeightFormat: [Case]]] = {
    var cases: [Rounding: [WeightFormat: [Case]]] = [:]
    for rounding in Rounding.allCases {
      for type in types {
        var random = SeededGenerator(seed: 0x11A7A)
        cases[rounding, default: [:]][type] = shapes.map { shape in
          let (m, n, k) = (shape.m, shape.n, shape.k)
          let (x, w) = (random.floats(m * k), random.floats(n * k))
          let product = Definition(
            product: x.map { rounding($0) }, by: w.map { rounding(stored($0, type: type)) }, m: m,
            n: n, k: k)
          return Case(shape: shape, x: x, w: w, values: product.values, bounds: product.bounds)
        }
      }
    }
    return cases
  }()

  static let types = [WeightFormat.f32, .bf16, .f16]

  /// `value` as a file of `type` holds it.
  static func stored(_ value: Float, type: WeightFormat) -> Float {
    switch type {
    case .f32: value
    case .bf16: Float(nearestBF16(Double(value)))
    case .f16: Float(Float16(value))
    default: preconditionFailure("no test of \(type.name)")
    }
  }

  static func judge(_ product: llava_product, _ rounding: Rounding, _ type: WeightFormat) throws {
    for test in try #require(cases[rounding]?[type]) {
      let w = weights(test.w, type: type)
      expectClose(
        multiply(product, test.x, w, type: type, test.shape), test.values, within: test.bounds,
        "\(test.shape) of \(type)")
    }
  }

  @Test(arguments: KernelSet.runnable.map(\.name), types)
  func everySetAgreesWithTheDefinition(set: String, type: WeightFormat) throws {
    let kernels = try #require(KernelSet(named: set)).functions.pointee
    try Self.judge(kernels.bf16, .bf16, type)
    try Self.judge(kernels.f32, .f32, type)
  }

  /// The bounds tell the precisions apart, and a column that is left out, at every width.
  @Test func theDefinitionSeesWrongProducts() throws {
    let scalar = try #require(KernelSet(named: "scalar")).functions.pointee
    for test in try #require(Self.cases[.bf16]?[.f32]) {
      let w = Self.weights(test.w, type: .f32)
      let unrounded = Self.multiply(scalar.f32, test.x, w, type: .f32, test.shape)
      #expect(fault(unrounded, test.values, within: test.bounds) != nil, "\(test.shape)")
      var short = test.x
      for row in 0..<test.shape.m { short[(row + 1) * test.shape.k - 1] = 0 }
      let cut = Self.multiply(scalar.bf16, short, w, type: .f32, test.shape)
      #expect(fault(cut, test.values, within: test.bounds) != nil, "\(test.shape)")
    }
  }

  @Test(.enabled(if: emulated_amx_product() != nil, withoutTiles), arguments: types)
  func tileProductAgreesUnderEmulation(type: WeightFormat) throws {
    let product = try #require(emulated_amx_product()).pointee
    try Self.judge(product, .bf16, type)
    #expect(emulated_tiles_are_released() != 0)
  }

  /// Every product that this machine can run, and that of AMX over emulated tiles.
  static let products: [Named] =
    KernelSet.runnable.flatMap { kernels in
      [
        Named("\(kernels.name) bf16", kernels.functions.pointee.bf16),
        Named("\(kernels.name) f32", kernels.functions.pointee.f32),
      ]
    } + (emulated_amx_product().map { [Named("emulated amx", $0.pointee)] } ?? [])

  struct Named: CustomTestStringConvertible, @unchecked Sendable {
    let testDescription: String
    let product: llava_product
    init(_ name: String, _ product: llava_product) {
      testDescription = name
      self.product = product
    }
  }

  /// Sixteen rows and fewer, and the last row of many, take other ways through the weights.
  @Test(arguments: products, [2100, 2112])
  func aRowDoesNotDependOnItsCompany(named: Named, k: Int) throws {
    var random = SeededGenerator(seed: 7)
    let (m, n) = (61, 112)
    let x = random.floats(m * k)
    let values = random.floats(n * k)
    for type in [WeightFormat.bf16, .f16, .f32] {
      let w = Self.weights(values, type: type)
      let together = Self.multiply(named.product, x, w, type: type, Shape(m: m, n: n, k: k))
      let few = (1...17).map { 40..<40 + $0 }
      for rows in few + [0..<1, 1..<2, 15..<16, 16..<25, 30..<46, 47..<48, 48..<61] {
        let found = Self.multiply(
          named.product, Array(x[rows.lowerBound * k..<rows.upperBound * k]), w, type: type,
          Shape(m: rows.count, n: n, k: k))
        #expect(found == Array(together[rows.lowerBound * n..<rows.upperBound * n]), "\(rows)")
      }
    }
  }

  /// Few activation rows go another way, which begins at the weights' first cache line.
  @Test(arguments: products, [34, 64, 96, 2112])
  func fewRowsAgreeWhereverTheWeightsLie(named: Named, k: Int) throws {
    let product = named.product
    var random = SeededGenerator(seed: 11)
    let (m, n) = (49, 32)
    let x = random.floats(m * k)
    let values = random.floats(n * k)
    for type in [WeightFormat.bf16, .f16] {
      let weights = Self.weights(values, type: type)
      let expected = Self.multiply(product, x, weights, type: type, Shape(m: m, n: n, k: k))
      for offset in stride(from: 0, to: 64, by: 2) {
        // Zeros behind the weights move them away from the page's end, `offset` bytes at a time.
        let padded = values + [Float](repeating: 0, count: offset / 2)
        let moved = Self.weights(padded, type: type)
        for few in [1, 3, 8, 9] {
          let found = Self.multiply(
            product, Array(x[..<(few * k)]), moved, type: type, Shape(m: few, n: n, k: k))
          #expect(found == Array(expected[..<(few * n)]), "\(few) rows, \(offset) bytes before")
        }
      }
    }
  }

  /// Each f16 there is, times one: whatever the number of rows, and whether there is an odd column
  /// that keeps them from being read in place.
  @Test(arguments: products.filter { !$0.testDescription.hasSuffix("f32") }, [2, 3])
  func everyF16IsRoundedToTheNearestBF16(named: Named, k: Int) {
    let count = 1 << 16
    let weights = Guarded(bytes: count * k * 2, alignment: 2)
    let half = weights.base.assumingMemoryBound(to: UInt16.self)
    for row in 0..<count {
      for column in 0..<k { half[row * k + column] = column == 0 ? UInt16(row) : 0 }
    }
    let expected = (0..<count).map { bits in
      Float(nearestBF16(Double(Float16(bitPattern: UInt16(bits)))))
    }
    for m in [1, 6, 16, 17] {
      let x = (0..<m * k).map { $0 % k == 0 ? Float(1) : 0 }
      let found = Self.multiply(
        named.product, x, weights, type: .f16, Shape(m: m, n: count, k: k))
      let wrong = (0..<count).first { row in
        (0..<m).contains { found[$0 * count + row] != expected[row] } && !expected[row].isNaN
          || expected[row].isNaN && (0..<m).contains { !found[$0 * count + row].isNaN }
      }
      #expect(wrong == nil, "\(m) rows")
    }
  }
}
