// Attention on the processor's cores.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

extension CPUOperations {
  public func makeAttentionStore(_ shape: AttentionShape, capacity: Int) throws(AllocationError)
    -> any AttentionStore
  {
    try CPUAttentionStore(
      shape, capacity: capacity, precision: precision, format: cacheFormat)
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
    let out = try Tensor(uninitialized: .f32, shape: query.shape)
    engine.attend(
      query.floats, heads: query.width / headWidth, causal: true,
      scale: 1 / Float(headWidth).squareRoot(), spans: spans.map { $0.attention(layer: layer) },
      into: out.mutableFloats)
    keep(query)
    withExtendedLifetime(spans) {}
    return out
  }
}
