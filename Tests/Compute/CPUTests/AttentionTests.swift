// Attention against the definition, between guard pages, at the edges of its blocks of 1024 keys.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import CTileEmulation
import Glibc
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct AttentionTests {
  struct Shape: CustomTestStringConvertible, Sendable {
    let queries, length, width: Int
    var causal = true
    var testDescription: String { "\(queries) of \(length), width \(width), causal \(causal)" }
  }

  static let shapes = [
    Shape(queries: 1, length: 32, width: 6), Shape(queries: 8, length: 1024, width: 32),
    Shape(queries: 9, length: 1056, width: 32), Shape(queries: 48, length: 1056, width: 32),
    Shape(queries: 48, length: 1056, width: 6), Shape(queries: 17, length: 2080, width: 16),
    Shape(queries: 33, length: 1056, width: 32, causal: false),
  ]

  /// One head's inputs, all of them bf16 numbers, at the ends of pages.
  private struct Head {
    let shape: Shape
    let queries, keys, values: [Float]
    let keyMemory, valueMemory: Guarded
    let bytes: Int

    init(_ shape: Shape, type: WeightFormat) {
      var random = SeededGenerator(seed: 21)
      func numbers(_ count: Int, times scale: Float) -> [Float] {
        random.floats(count).map { Float(bitPattern: UInt32(($0 * scale).bf16) << 16) }
      }
      self.shape = shape
      bytes = type.blockBytes
      queries = numbers(shape.queries * shape.width, times: 3)
      keys = numbers(shape.length * shape.width, times: 1)
      values = numbers(shape.length * shape.width, times: 1)
      keyMemory = ProductTests.weights(keys, type: type)
      valueMemory = ProductTests.weights(values, type: type)
    }

    /// Queries `rows`, of which the last sees `visible` keys.
    func attend(
      _ rows: Range<Int>, visible: Int, _ kernels: KernelSet,
      _ product: UnsafePointer<llava_product>
    ) -> [Float] {
      let (count, width) = (rows.count, shape.width)
      let length = (visible + 31) / 32 * 32
      let q = Guarded(Array(queries[rows.lowerBound * width..<rows.upperBound * width]))
      let out = Guarded([Float](repeating: .nan, count: count * width))
      let scratch = Guarded(
        bytes: (llava_attention_scratch_bytes(product, count, width, length) + 63) / 64 * 64,
        alignment: 64)
      var task = llava_attention(
        q: q.floats, q_stride: width, keys: keyMemory.base, key_row_bytes: width * bytes,
        values: valueMemory.base, value_row_bytes: shape.length * bytes,
        cached: product.pointee.inputs, key_scales: nil, value_scales: nil, out: out.floats,
        out_stride: width, queries: count, width: width, length: length, visible: visible,
        causal: shape.causal ? 1 : 0, scale: 0.5, softmaxes: nil, softmax_stride: 0)
      llava_attend(kernels.functions, product, &task, scratch.base)
      return Array(UnsafeBufferPointer(start: out.floats, count: count * width))
    }

    /// What query `row` gets of the first `visible` keys.
    func expected(_ row: Int, visible: Int, _ rounding: Rounding) -> Definition {
      let width = shape.width
      return Definition(
        query: queries[row * width..<(row + 1) * width].map(Double.init),
        keys: (0..<visible).map { keys[$0 * width..<($0 + 1) * width].map(Double.init) },
        values: (0..<width).map {
          values[$0 * shape.length..<$0 * shape.length + visible].map(Double.init)
        }, scale: 0.5, rounding: rounding)
    }
  }

  @Test(arguments: KernelSet.runnable.map(\.name), shapes)
  func agreesWithTheDefinitionAndWithEachQueryAlone(set: String, shape: Shape) throws {
    let kernels = try #require(KernelSet(named: set))
    for precision in Precision.allCases {
      let engine = try Engine(kernels: kernels, threads: 1, precision: precision)
      defer { engine.pool.stop() }
      try compare(
        shape, kernels, engine.attentionProduct(), type: precision == .bf16 ? .bf16 : .f32)
    }
  }

  @Test(
    .enabled(if: emulated_amx_product() != nil, withoutTiles), arguments: shapes)
  func agreesOverEmulatedTiles(shape: Shape) throws {
    let kernels = try #require(KernelSet(named: "avx512bf16"))
    try compare(shape, kernels, try #require(emulated_amx_product()), type: .bf16)
  }

  private func compare(
    _ shape: Shape, _ kernels: KernelSet, _ product: UnsafePointer<llava_product>,
    type: WeightFormat
  ) throws {
    let head = Head(shape, type: type)
    let width = shape.width
    // Not a whole step of keys; in the causal case the first of 48 queries see one block only.
    let visible = shape.length - 3
    let found = head.attend(0..<shape.queries, visible: visible, kernels, product)
    for query in 0..<shape.queries {
      let seen = shape.causal ? visible - (shape.queries - 1 - query) : visible
      let line = Array(found[query * width..<(query + 1) * width])
      let alone = head.attend(query..<query + 1, visible: seen, kernels, product)
      #expect(alone == line, "query \(query) of \(type)")
      if query % 8 == 0 || query == shape.queries - 1 {
        let expected = head.expected(query, visible: seen, type == .bf16 ? .bf16 : .f32)
        expectClose(line, expected.values, within: expected.bounds, "query \(query) of \(type)")
      }
    }
  }
}
