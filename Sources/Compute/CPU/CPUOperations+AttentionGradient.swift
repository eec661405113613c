// Attention within whole sequences, and its gradients.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Operations
import Tensors

extension CPUOperations {
  public func attendCausally(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, within spans: [Range<Int>]
  ) throws(AllocationError) -> AttentionRecord {
    try attend(query, keys, values, headWidth: headWidth, within: spans, isCausal: true)
  }

  public func attend(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, within spans: [Range<Int>]
  ) throws(AllocationError) -> AttentionRecord {
    try attend(query, keys, values, headWidth: headWidth, within: spans, isCausal: false)
  }

  private func attend(
    _ query: Tensor, _ keys: Tensor, _ values: Tensor, headWidth: Int, within spans: [Range<Int>],
    isCausal: Bool
  ) throws(AllocationError) -> AttentionRecord {
    let heads = query.width / headWidth
    let stores = try spans.map { rows throws(AllocationError) in
      try CPUAttentionStore(
        filling: rows.count, heads: keys.width / headWidth, headWidth: headWidth,
        precision: precision)
    }
    let attention = zip(stores, spans).map {
      AttentionSpan(cache: $0.sequence(layer: 0), rows: $1, visible: $1.count)
    }
    engine.append(keys: keys.floats, values: values.floats, to: attention)
    let output = try Tensor(uninitialized: .f32, shape: query.shape)
    let softmaxes = try Tensor(uninitialized: .f32, shape: [query.shape[0], heads, 2])
    engine.attend(
      query.floats, heads: heads, causal: isCausal, scale: 1 / Float(headWidth).squareRoot(),
      spans: attention, into: output.mutableFloats, softmaxes: softmaxes.softmaxes)
    keep(query, keys, values, softmaxes)
    withExtendedLifetime(stores) {}
    return AttentionRecord(
      output: output, softmaxes: softmaxes, headWidth: headWidth, spans: spans,
      isCausal: isCausal)
  }

  public func attentionGradient(
    _ dy: Tensor, of record: AttentionRecord, query: Tensor, keys: Tensor, values: Tensor
  ) throws(AllocationError) -> (query: Tensor, keys: Tensor, values: Tensor) {
    let width = record.headWidth
    precondition(dy.count == query.count && keys.count == values.count)
    let dquery = try Tensor(uninitialized: .f32, shape: query.shape)
    let dkeys = try Tensor(uninitialized: .f32, shape: keys.shape)
    let dvalues = try Tensor(uninitialized: .f32, shape: values.shape)
    let gradient = Engine.AttentionGradient(
      query: query.floats, out: record.output.floats, dout: dy.floats,
      dquery: dquery.mutableFloats, keys: keys.floats, values: values.floats,
      dkeys: dkeys.mutableFloats, dvalues: dvalues.mutableFloats,
      softmaxes: UnsafePointer(record.softmaxes.softmaxes), heads: query.width / width,
      keyHeads: keys.width / width, headWidth: width, causal: record.isCausal,
      scale: 1 / Float(width).squareRoot())
    engine.attendGradient(gradient, spans: record.spans)
    keep(query, dy, record.output, keys, values, record.softmaxes)
    return (dquery, dkeys, dvalues)
  }
}

extension Tensor {
  /// [rows, heads, 2] of F32 as the kernels name its pairs; valid while it is kept.
  fileprivate var softmaxes: UnsafeMutablePointer<llava_softmax> {
    mutableRawBase.assumingMemoryBound(to: llava_softmax.self)
  }
}
