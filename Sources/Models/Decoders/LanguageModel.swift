// The LLaMA transformer that Vicuna is.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Computation
import InputOutput
import Tensors

/// A decoder of the LLaMA family (Touvron et al., arXiv 2302.13971; reference: transformers'
/// LlamaForCausalLM): grouped-query attention, rotary positions, SwiGLU, root-mean-square norms.
public struct LanguageModel: Sendable {
  public let config: LanguageConfig
  let operations: any Operations
  private let embedding: Tensor  // [vocabulary rows, width]
  private let layers: [Layer]
  private let finalNorm: Tensor  // [width]
  private let output: Tensor  // [vocabulary rows, width]
  private let rotary: RotaryEmbedding

  private struct Layer: Sendable {
    let attentionNorm: Tensor  // [width]
    let query: Tensor  // [heads * headWidth, width]
    let key, value: Tensor  // [keyValueHeads * headWidth, width]
    let out: Tensor  // [width, heads * headWidth]
    let mlpNorm: Tensor  // [width]
    let gate, up: Tensor  // [intermediateWidth, width]
    let down: Tensor  // [width, intermediateWidth]
  }

  /// Takes the weights where they are mapped, the norms as f32.
  public init(_ checkpoint: LanguageCheckpoint, operations: any Operations) throws {
    let weights = checkpoint.weights
    func norm(_ name: String) throws -> Tensor {
      try operations.convert(weights.tensor("\(name).weight"), to: .f32)
    }
    config = checkpoint.config
    self.operations = operations
    embedding = try weights.tensor("language.embed_tokens.weight")
    output = try weights.tensor(checkpoint.outputName)
    finalNorm = try norm("language.norm")
    layers = try (0..<config.layers).map { index in
      let name = "language.layers.\(index)"
      func matrix(_ part: String) throws -> Tensor { try weights.tensor("\(name).\(part).weight") }
      return Layer(
        attentionNorm: try norm("\(name).input_layernorm"),
        query: try matrix("self_attn.q_proj"), key: try matrix("self_attn.k_proj"),
        value: try matrix("self_attn.v_proj"), out: try matrix("self_attn.o_proj"),
        mlpNorm: try norm("\(name).post_attention_layernorm"),
        gate: try matrix("mlp.gate_proj"), up: try matrix("mlp.up_proj"),
        down: try matrix("mlp.down_proj"))
    }
    rotary = RotaryEmbedding(
      headWidth: config.headWidth, theta: config.ropeTheta, linearFactor: config.ropeFactor)
  }

  /// An empty cache for `capacity` tokens.
  public func makeCache(capacity: Int) throws(AllocationError) -> KeyValueCache {
    try KeyValueCache(
      layers: config.layers, heads: config.keyValueHeads, headWidth: config.headWidth,
      capacity: capacity, precision: operations.precision)
  }

  /// Word embeddings [ids.count, width] f32. The ids are below the vocabulary.
  public func embed(_ ids: [Int32]) throws(AllocationError) -> Tensor {
    try operations.rows(ids, of: embedding)
  }

  /// Rows that the embedding has: ids must be below.
  public var vocabularyRows: Int { embedding.shape[0] }

  /// The rows of embeddings or hidden states one after the other.
  public func join(_ parts: [Tensor]) throws(AllocationError) -> Tensor {
    try operations.join(parts)
  }

  /// Runs all layers over x [rows, width], writing each span's keys and values at the end of its
  /// cache, which must have room. Overwrites x and returns it: hidden states before the final norm.
  public func forward(_ x: Tensor, caches: [(cache: KeyValueCache, rows: Range<Int>)])
    throws(AllocationError) -> Tensor
  {
    let rows = try SpanRows(advancing: caches, of: x, rotary)
    for index in layers.indices { try run(index, x, rows) }
    return x
  }

  /// The same, but only the hidden states [caches.count, width] of each span's last row: of the
  /// last layer the other rows need no more than keys and values. Overwrites x.
  public func lastHidden(_ x: Tensor, caches: [(cache: KeyValueCache, rows: Range<Int>)])
    throws(AllocationError) -> Tensor
  {
    let rows = try SpanRows(advancing: caches, of: x, rotary)
    if rows.areLast {
      for index in layers.indices { try run(index, x, rows) }
      return x
    }
    for index in layers.indices.dropLast() { try run(index, x, rows) }
    return try runLast(x, rows)
  }

  /// Logits [rows, vocabulary rows] f32 of hidden states [rows, width].
  public func logits(_ hidden: Tensor) throws(AllocationError) -> Tensor {
    try operations.linear(try norm(hidden, finalNorm), weight: output, bias: nil)
  }

  /// x = x + attention(norm(x)), then the same plus mlp(norm of it); x [rows, width], in place.
  private func run(_ index: Int, _ x: Tensor, _ rows: SpanRows) throws(AllocationError) {
    let layer = layers[index]
    let normed = try norm(x, layer.attentionNorm)
    let (query, keys, values) = try projections(of: normed, layer)
    operations.rotate(keys, by: rows.angles)
    operations.append(keys: keys, values: values, layer: index, spans: rows.spans)
    try finish(index, x, query, rows)
  }

  /// The last layer: keys and values of all rows, the rest for the last row of each span.
  private func runLast(_ x: Tensor, _ rows: SpanRows) throws(AllocationError) -> Tensor {
    let index = layers.count - 1
    let layer = layers[index]
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

  /// What a layer does once the keys and values of `rows` are in their caches; x in place.
  private func finish(_ index: Int, _ x: Tensor, _ query: Tensor, _ rows: SpanRows)
    throws(AllocationError)
  {
    let layer = layers[index]
    operations.rotate(query, by: rows.angles)
    let mixed = try operations.attend(query, layer: index, causal: true, spans: rows.spans)
    operations.addLinear(mixed, weight: layer.out, bias: nil, to: x)
    let wide = try operations.swiGLU(norm(x, layer.mlpNorm), gate: layer.gate, up: layer.up)
    operations.addLinear(wide, weight: layer.down, bias: nil, to: x)
  }

  private func projections(of x: Tensor, _ layer: Layer) throws(AllocationError)
    -> (query: Tensor, keys: Tensor, values: Tensor)
  {
    let results = try operations.linears(
      x, [(layer.query, nil), (layer.key, nil), (layer.value, nil)])
    return (results[0], results[1], results[2])
  }

  private func norm(_ x: Tensor, _ gain: Tensor) throws(AllocationError) -> Tensor {
    try operations.rmsNorm(x, gain: gain, eps: Float(config.epsilon))
  }
}
