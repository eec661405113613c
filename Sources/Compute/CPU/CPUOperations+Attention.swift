// Attention on the processor's cores.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

extension CPUOperations {
  public func makeAttentionStore(_ shape: AttentionShape, capacity: Int) throws(AllocationError)
    -> any AttentionStore
  {
    try CPUAttentionStore(shape, capacity: capacity, precision: precision)
  }

  public func rotate(_ x: Tensor, by angles: RotaryAngles) {
    let (rows, width) = (x.shape[0], angles.headWidth)
    precondition(angles.cosine.shape[0] == rows && x.width % width == 0)
    engine.rotate(
      x.mutableFloats, rows: rows, heads: x.width / width, headWidth: width,
      cosine: angles.cosine.floats, sine: angles.sine.floats)
    keep(x, angles.cosine, angles.sine)
  }

  public func append(keys: Tensor, values: Tensor, layer: Int, spans: [SequenceSpan]) {
    engine.append(
      keys: keys.floats, values: values.floats, to: spans.map { $0.attention(layer: layer) })
    keep(keys, values)
  }

  public func attend(_ query: Tensor, layer: Int, spans: [SequenceSpan]) throws(AllocationError)
    -> Tensor
  {
    guard let headWidth = spans.first?.cpuStore.shape.headWidth else { return query }
    let out = try attend(
      query, headWidth: headWidth, causal: true, spans.map { $0.attention(layer: layer) })
    withExtendedLifetime(spans) {}
    return out
  }

  public func attend(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, within spans: [Range<Int>]
  ) throws(AllocationError) -> Tensor {
    let stores = try spans.map { rows throws(AllocationError) in
      try CPUAttentionStore(
        filling: rows.count, heads: keys.width / headWidth, headWidth: headWidth,
        precision: precision)
    }
    let attention = zip(stores, spans).map {
      AttentionSpan(cache: $0.sequence(layer: 0), rows: $1, visible: $1.count)
    }
    engine.append(keys: keys.floats, values: values.floats, to: attention)
    let out = try attend(query, headWidth: headWidth, causal: false, attention)
    keep(keys, values)
    withExtendedLifetime(stores) {}
    return out
  }

  private func attend(
    _ query: Tensor, headWidth: Int, causal: Bool, _ spans: [AttentionSpan]
  ) throws(AllocationError) -> Tensor {
    let out = try Tensor(uninitialized: .f32, shape: query.shape)
    engine.attend(
      query.floats, heads: query.width / headWidth, causal: causal,
      scale: 1 / Float(headWidth).squareRoot(), spans: spans, into: out.mutableFloats)
    keep(query)
    return out
  }
}
