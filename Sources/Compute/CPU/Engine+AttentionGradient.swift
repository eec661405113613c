// The gradients of queries, keys and values of attention, in parallel over sequences and heads.
// SPDX-License-Identifier: Apache-2.0
import CKernels

extension Engine {
  /// The arrays of one attention [rows, heads * headWidth], keys and values [rows, their heads *
  /// headWidth], and where their gradients go.
  struct AttentionGradient: @unchecked Sendable {
    // Sendable: what it points to is the caller's, who waits for the engine.
    let query, out, dout: Floats
    let dquery: MutableFloats
    let keys, values: Floats
    let dkeys, dvalues: MutableFloats
    /// [rows, heads], as `attend` stored them.
    let softmaxes: UnsafePointer<llava_softmax>
    let heads, keyHeads, headWidth: Int
    let causal: Bool
    let scale: Float
  }

  /// Writes dquery, dkeys and dvalues, each of them for every row of every span. A span is a whole
  /// sequence. Each head of keys is one task, so that no order depends on the threads.
  func attendGradient(_ gradient: AttentionGradient, spans: [Range<Int>]) {
    let heads = gradient.keyHeads
    let product = attentionProduct()
    pool.run(spans.count * heads) { index, worker in
      let (span, head) = (spans[index / heads], index % heads)
      var task = task(gradient, span, head)
      let bytes = llava_attention_gradient_scratch_bytes(product, span.count, gradient.headWidth)
      llava_attend_gradient(kernels.functions, product, &task, scratch(of: worker, bytes: bytes))
    }
  }

  private func task(_ gradient: AttentionGradient, _ span: Range<Int>, _ head: Int)
    -> llava_attention_gradient
  {
    let (heads, width) = (gradient.heads, gradient.headWidth)
    let group = heads / gradient.keyHeads
    let row = span.lowerBound
    let query = (row * heads + head * group) * width
    let key = (row * gradient.keyHeads + head) * width
    let stride = gradient.keyHeads * width
    for index in 0..<span.count {
      (gradient.dkeys + key + index * stride).update(repeating: 0, count: width)
      (gradient.dvalues + key + index * stride).update(repeating: 0, count: width)
    }
    return llava_attention_gradient(
      q: gradient.query + query, out: gradient.out + query, dout: gradient.dout + query,
      dq: gradient.dquery + query, q_stride: heads * width, keys: gradient.keys + key,
      values: gradient.values + key, dkeys: gradient.dkeys + key, dvalues: gradient.dvalues + key,
      kv_stride: stride, softmaxes: gradient.softmaxes + row * heads + head * group,
      softmax_stride: heads, group: group, length: span.count, width: width,
      causal: gradient.causal ? 1 : 0, scale: gradient.scale)
  }
}
