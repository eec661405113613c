// One layer of the decoder: its parts, which inference and training put together.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors

/// x + attention(norm(x)), then the same plus mlp(norm of it).
///
/// Either with keys and values in a KV cache (inference) or of whole sequences at once (training): only
/// attention differs.
struct DecoderLayer: Sendable {
  let attentionNorm, mlpNorm: Weight
  let query, key, value, out, gate, up, down: AdaptedLinear
  let products: AdaptedProducts
  let epsilon: Float
  let headWidth: Int

  var operations: any Operations { products.operations }

  init(
    _ parameters: LlamaParameters<Weight>.Layer, _ adapter: AdapterParameters<Weight>.Layer?,
    factor: Float, config: LanguageConfig, operations: any Operations
  ) {
    attentionNorm = parameters.attentionNorm
    mlpNorm = parameters.mlpNorm
    query = AdaptedLinear(parameters.query, adapter?.query)
    key = AdaptedLinear(parameters.key, adapter?.key)
    value = AdaptedLinear(parameters.value, adapter?.value)
    out = AdaptedLinear(parameters.out, adapter?.out)
    gate = AdaptedLinear(parameters.gate, adapter?.gate)
    up = AdaptedLinear(parameters.up, adapter?.up)
    down = AdaptedLinear(parameters.down, adapter?.down)
    products = AdaptedProducts(operations: operations, factor: factor)
    epsilon = Float(config.epsilon)
    headWidth = config.headWidth
  }

  func norm(_ x: Tensor, _ gain: Weight) throws(AllocationError) -> Tensor {
    try operations.rmsNorm(x, gain: gain, eps: epsilon)
  }

  /// Writes the rotated keys and the values of x [rows, width] into the stores of `rows`, and returns
  /// norm(x).
  func append(_ x: Tensor, layer index: Int, _ rows: SpanRows) throws(AllocationError) -> Tensor {
    let normed = try norm(x, attentionNorm)
    let results = try products(normed, [key, value]).results
    append(keys: results[0], values: results[1], layer: index, rows)
    return normed
  }

  private func append(keys: Tensor, values: Tensor, layer index: Int, _ rows: SpanRows) {
    operations.rotate(keys, by: rows.angles)
    operations.append(keys: keys, values: values, layer: index, spans: rows.spans)
  }

  /// The whole layer over x [rows, width], in place.
  func run(_ index: Int, _ x: Tensor, _ rows: SpanRows, observer: InputObserver? = nil)
    throws(AllocationError)
  {
    let results = try products(
      shown(norm(x, attentionNorm), .attention(layer: index), observer), [query, key, value]
    ).results
    append(keys: results[1], values: results[2], layer: index, rows)
    try finish(index, x, results[0], rows, observer: observer)
  }

  private func shown(_ x: Tensor, _ input: DecoderInput, _ observer: InputObserver?)
    throws(AllocationError) -> Tensor
  {
    try observer?(input, x)
    return x
  }

  /// The rest of the layer once the keys and values of `rows` are in their stores; x in place.
  func finish(
    _ index: Int, _ x: Tensor, _ query: Tensor, _ rows: SpanRows, observer: InputObserver? = nil
  ) throws(AllocationError) {
    operations.rotate(query, by: rows.angles)
    let mixed = try operations.attend(query, layer: index, spans: rows.spans)
    _ = try products.add(shown(mixed, .attentionOutput(layer: index), observer), out, to: x)
    _ = try products.add(
      shown(
        wide(shown(norm(x, mlpNorm), .mlp(layer: index), observer)), .mlpOutput(layer: index),
        observer), down, to: x)
  }

  private func wide(_ x: Tensor) throws(AllocationError) -> Tensor {
    if gate.pair == nil, up.pair == nil {
      return try operations.swiGLU(x, gate: gate.weight, up: up.weight)
    }
    let results = try products(x, [gate, up]).results
    return try operations.gate(results[0], results[1])
  }
}
