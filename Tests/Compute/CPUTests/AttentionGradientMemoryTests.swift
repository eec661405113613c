// The gradient of attention between guard pages: nothing beyond its arrays is read or written.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Operations
import TestSupport
import Testing
import Threads

@testable import CPU

struct AttentionGradientMemoryTests {
  private static let heads = 2

  /// Inputs of one head of keys that two heads of queries share, each at the end of a page.
  private struct Arrays {
    let length, width: Int
    let q, out, dout, keys, values, softmaxes: Guarded
    let dq, dkeys, dvalues: Guarded

    init(length: Int, width: Int) {
      var random = SeededGenerator(seed: 95)
      let (all, one) = (length * heads * width, length * width)
      (self.length, self.width) = (length, width)
      (q, out, dout) = (
        Guarded(random.floats(all)), Guarded(random.floats(all)), Guarded(random.floats(all))
      )
      (keys, values) = (Guarded(random.floats(one)), Guarded(random.floats(one)))
      // Of each row the largest score and the sum: shares come out below 1.
      softmaxes = Guarded((0..<length * heads).flatMap { _ in [10, Float(length)] })
      dq = Guarded([Float](repeating: .nan, count: all))
      (dkeys, dvalues) = (
        Guarded([Float](repeating: 0, count: one)), Guarded([Float](repeating: 0, count: one))
      )
    }

    func task(causal: Bool) -> llava_attention_gradient {
      llava_attention_gradient(
        q: q.floats, out: out.floats, dout: dout.floats, dq: dq.floats, q_stride: heads * width,
        keys: keys.floats, values: values.floats, dkeys: dkeys.floats, dvalues: dvalues.floats,
        kv_stride: width, softmaxes: softmaxes.base.assumingMemoryBound(to: llava_softmax.self),
        softmax_stride: heads, group: heads, length: length, width: width, causal: causal ? 1 : 0,
        scale: 0.5)
    }
  }

  /// Widths that are no multiple of any vector too.
  @Test(arguments: KernelSet.runnable.map(\.name), [(1, 2), (33, 6), (65, 80), (515, 8)])
  func nothingBeyondTheArraysIsTouched(set: String, shape: (Int, Int)) throws {
    let kernels = try #require(KernelSet(named: set))
    for precision in Precision.allCases {
      let engine = Engine(
        kernels: kernels, pool: ThreadPool(width: 1), precision: precision, usesBLAS: false)
      let product = engine.attentionProduct()
      let arrays = Arrays(length: shape.0, width: shape.1)
      let bytes = llava_attention_gradient_scratch_bytes(product, shape.0, shape.1)
      let scratch = Guarded(bytes: (bytes + 63) / 64 * 64, alignment: 64)
      for causal in [true, false] {
        var task = arrays.task(causal: causal)
        llava_attend_gradient(kernels.functions, product, &task, scratch.base)
      }
      #expect(arrays.dq.values(shape.0 * Self.heads * shape.1).allSatisfy { $0.isFinite })
      #expect(arrays.dkeys.values(shape.0 * shape.1).allSatisfy { $0.isFinite })
      #expect(arrays.dvalues.values(shape.0 * shape.1).contains { $0 != 0 })
    }
  }
}
