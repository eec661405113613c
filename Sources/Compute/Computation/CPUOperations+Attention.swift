// Attention and conversions on the processor's cores.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Kernels
import Tensors

extension CPUOperations {
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

  public func attend(_ query: Tensor, layer: Int, causal: Bool, spans: [SequenceSpan])
    throws(AllocationError) -> Tensor
  {
    let out = try Tensor(uninitialized: .f32, shape: query.shape)
    guard let cache = spans.first?.cache else { return out }
    engine.attend(
      query.floats, heads: query.width / cache.headWidth, causal: causal,
      scale: 1 / Float(cache.headWidth).squareRoot(),
      spans: spans.map { $0.attention(layer: layer) }, into: out.mutableFloats)
    keep(query)
    return out
  }

  public func convert(_ x: Tensor, to type: ElementType) throws(AllocationError) -> Tensor {
    precondition(type == .f32 || type == .bf16, "conversion to \(type) is not an operation")
    if x.elementType == type { return x }
    let wide = try Tensor(uninitialized: .f32, shape: x.shape)
    engine.convertToF32(
      x.rawBase, type: x.weightType, into: wide.mutableFloats, count: x.count)
    keep(x)
    if type == .f32 { return wide }
    let narrow = try Tensor(uninitialized: .bf16, shape: x.shape)
    narrow.withUnsafeMutableBytes { bytes in
      guard let base = bytes.bindMemory(to: UInt16.self).baseAddress else { return }
      engine.convertToBF16(wide.floats, into: base, count: wide.count)
    }
    keep(wide)
    return narrow
  }
}
