// The LLaMA transformer that Vicuna is.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Operations
import Tensors

/// A decoder of the LLaMA family (Touvron et al., arXiv 2302.13971; reference: transformers'
/// LlamaForCausalLM): grouped-query attention, rotary positions, SwiGLU, root-mean-square norms.
public struct LanguageModel: Sendable {
  public let config: LanguageConfig
  let operations: any Operations
  private let parameters: LlamaParameters<Weight>
  private let rotary: RotaryEmbedding

  /// Takes the weights where they are mapped, the norms as f32.
  public init(_ checkpoint: LanguageCheckpoint, operations: any Operations) throws {
    config = checkpoint.config
    self.operations = operations
    parameters = try checkpoint.parameters().map { try operations.adopt($1) }
    rotary = RotaryEmbedding(
      headWidth: config.headWidth, theta: config.ropeTheta, linearFactor: config.ropeFactor)
  }

  /// An empty store for `capacity` tokens.
  public func makeAttentionStore(capacity: Int) throws(AllocationError) -> any AttentionStore {
    try operations.makeAttentionStore(
      AttentionShape(
        layers: config.layers, heads: config.keyValueHeads, headWidth: config.headWidth),
      capacity: capacity)
  }

  /// Word embeddings [ids.count, width] f32. The ids are below the vocabulary.
  public func embed(_ ids: [Int32]) throws(AllocationError) -> Tensor {
    try operations.rows(ids, of: parameters.embedding)
  }

  /// Rows that the embedding has: ids must be below.
  public var vocabularyRows: Int { parameters.embedding.rows }

  /// The rows of embeddings or hidden states one after the other.
  public func join(_ parts: [Tensor]) throws(AllocationError) -> Tensor {
    try operations.join(parts)
  }

  /// Runs all layers over x [rows, width], writing each span's keys and values at the end of its
  /// store, which must have room. Overwrites x and returns it: hidden states before the final norm.
  public func forward(_ x: Tensor, spans: [SequenceSpan])
    throws(AllocationError) -> Tensor
  {
    let rows = try SpanRows(advancing: spans, of: x, rotary)
    for index in parameters.layers.indices { try run(index, x, rows) }
    return x
  }

  /// The same, but only the hidden states [spans.count, width] of each span's last row: of the
  /// last layer the other rows need no more than keys and values. Overwrites x.
  public func lastHidden(_ x: Tensor, spans: [SequenceSpan])
    throws(AllocationError) -> Tensor
  {
    let rows = try SpanRows(advancing: spans, of: x, rotary)
    if rows.areLast {
      for index in parameters.layers.indices { try run(index, x, rows) }
      return x
    }
    for index in parameters.layers.indices.dropLast() { try run(index, x, rows) }
    return try runLast(x, rows)
  }

  /// Logits [rows, vocabulary rows] f32 of hidden states [rows, width].
  public func logits(_ hidden: Tensor) throws(AllocationError) -> Tensor {
    try operations.linear(
      try norm(hidden, parameters.finalNorm), weight: parameters.output ?? parameters.embedding,
      bias: nil)
  }

  /// x = x + attention(norm(x)), then the same plus mlp(norm of it); x [rows, width], in place.
  private func run(_ index: Int, _ x: Tensor, _ rows: SpanRows) throws(AllocationError) {
    let layer = parameters.layers[index]
    let normed = try norm(x, layer.attentionNorm)
    let (query, keys, values) = try projections(of: normed, layer)
    operations.rotate(keys, by: rows.angles)
    operations.append(keys: keys, values: values, layer: index, spans: rows.spans)
    try finish(index, x, query, rows)
  }

  /// The last layer: keys and values of all rows, the rest for the last row of each span.
  private func runLast(_ x: Tensor, _ rows: SpanRows) throws(AllocationError) -> Tensor {
    let index = parameters.layers.count - 1
    let layer = parameters.layers[index]
    let normed = try norm(x, layer.attentionNorm)
    let results = try operations.linears(normed, [(layer.key, nil), (layer.value, nil)])
    operations.rotate(results[0], by: rows.angles)
    operations.append(keys: results[0], values: results[1], layer: index, spans: rows.spans)
    let last = try operations.rows(rows.lastRows, of: x)
    let query = try operations.linear(
      operations.rows(rows.lastRows, of: normed), weight: layer.query, bias: nil)
    try finish(index, last, query, rows.lastOfEachSpan(rotary))
    return last
  }

  /// What a layer does once the keys and values of `rows` are in their stores; x in place.
  private func finish(_ index: Int, _ x: Tensor, _ query: Tensor, _ rows: SpanRows)
    throws(AllocationError)
  {
    let layer = parameters.layers[index]
    operations.rotate(query, by: rows.angles)
    let mixed = try operations.attend(query, layer: index, spans: rows.spans)
    operations.addLinear(mixed, weight: layer.out, bias: nil, to: x)
    let wide = try operations.swiGLU(norm(x, layer.mlpNorm), gate: layer.gate, up: layer.up)
    operations.addLinear(wide, weight: layer.down, bias: nil, to: x)
  }

  private func projections(of x: Tensor, _ layer: LlamaParameters<Weight>.Layer)
    throws(AllocationError)
    -> (query: Tensor, keys: Tensor, values: Tensor)
  {
    let results = try operations.linears(
      x, [(layer.query, nil), (layer.key, nil), (layer.value, nil)])
    return (results[0], results[1], results[2])
  }

  private func norm(_ x: Tensor, _ gain: Weight) throws(AllocationError) -> Tensor {
    try operations.rmsNorm(x, gain: gain, eps: Float(config.epsilon))
  }
}
