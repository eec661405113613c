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
  let layers: [DecoderLayer]
  let rotary: RotaryEmbedding
  let finalNorm: Weight
  private let embedding: Weight
  private let output: Weight?

  /// Uses the memory-mapped weights in place, and the norms as f32.
  public init(
    _ checkpoint: LanguageCheckpoint, adapter: DecoderAdapter? = nil, operations: any Operations
  ) throws {
    let parameters = try checkpoint.parameters().map { try operations.adopt($1) }
    var adapter = adapter
    if let pairs = adapter?.parameters {
      adapter?.parameters = try pairs.map { try operations.upload($1) }
    }
    self.init(checkpoint.config, parameters, adapter: adapter, operations: operations)
  }

  /// Uses parameters that `operations` adopted or made, with `adapter` added to them.
  /// Later changes to them, in place, take effect.
  public init(
    _ config: LanguageConfig, _ parameters: LlamaParameters<Weight>, adapter: DecoderAdapter? = nil,
    operations: any Operations
  ) {
    self.config = config
    self.operations = operations
    let factor = Float(adapter?.scale.factor ?? 0)
    layers = parameters.layers.enumerated().map { index, layer in
      DecoderLayer(
        layer, adapter?.parameters.layers[index], factor: factor, config: config,
        operations: operations)
    }
    (embedding, finalNorm, output) = (
      parameters.embedding, parameters.finalNorm, parameters.output
    )
    rotary = RotaryEmbedding(
      headWidth: config.headWidth, theta: config.ropeTheta, linearFactor: config.ropeFactor)
  }

  /// An empty KV cache for `capacity` tokens.
  public func makeAttentionStore(capacity: Int) throws(AllocationError) -> any AttentionStore {
    try operations.makeAttentionStore(
      AttentionShape(
        layers: config.layers, heads: config.keyValueHeads, headWidth: config.headWidth),
      capacity: capacity)
  }

  /// Word embeddings [ids.count, width] f32. The ids are below the vocabulary.
  public func embed(_ ids: [Int32]) throws(AllocationError) -> Tensor {
    try operations.rows(ids, of: embedding)
  }

  /// The number of rows of the embedding: ids must be below it.
  public var vocabularyRows: Int { embedding.rows }

  /// The rows of embeddings or hidden states one after the other.
  public func join(_ parts: [Tensor]) throws(AllocationError) -> Tensor {
    try operations.join(parts)
  }

  /// Runs all layers over x [rows, width], writing each span's keys and values at the end of its
  /// store, which must have room. Overwrites x and returns it: hidden states before the final norm.
  public func forward(_ x: Tensor, spans: [SequenceSpan])
    throws(AllocationError) -> Tensor
  {
    try forward(x, spans: spans, observer: nil)
  }

  /// The same; `observer` is called with the inputs of each layer's matrices.
  func forward(_ x: Tensor, spans: [SequenceSpan], observer: InputObserver?)
    throws(AllocationError) -> Tensor
  {
    let rows = try SpanRows(advancing: spans, of: x, rotary)
    for (index, layer) in layers.enumerated() {
      try layer.run(index, x, rows, observer: observer)
    }
    return x
  }

  /// The same, but only the hidden states [spans.count, width] of each span's last row: of the
  /// last layer the other rows need no more than keys and values. Overwrites x.
  public func lastHidden(_ x: Tensor, spans: [SequenceSpan])
    throws(AllocationError) -> Tensor
  {
    let rows = try SpanRows(advancing: spans, of: x, rotary)
    if rows.areLast {
      for (index, layer) in layers.enumerated() { try layer.run(index, x, rows) }
      return x
    }
    for (index, layer) in layers.dropLast().enumerated() { try layer.run(index, x, rows) }
    return try runLast(x, rows)
  }

  /// Logits [rows, vocabulary rows] f32 of hidden states [rows, width].
  public func logits(_ hidden: Tensor) throws(AllocationError) -> Tensor {
    try operations.linear(try norm(hidden), weight: head, bias: nil)
  }

  /// The last layer: keys and values of all rows, the rest for the last row of each span.
  private func runLast(_ x: Tensor, _ rows: SpanRows) throws(AllocationError) -> Tensor {
    let index = layers.count - 1
    let layer = layers[index]
    let normed = try layer.append(x, layer: index, rows)
    let last = try operations.rows(rows.lastRows, of: x)
    let query = try layer.products(
      operations.rows(rows.lastRows, of: normed), [layer.query]
    ).results[0]
    try layer.finish(index, last, query, rows.lastOfEachSpan(rotary))
    return last
  }

  var epsilon: Float { Float(config.epsilon) }

  /// The output layer [vocabulary, width].
  var head: Weight { output ?? embedding }

  /// Whether that is a different matrix from the embedding.
  var hasOwnHead: Bool { output != nil }

  func norm(_ hidden: Tensor) throws(AllocationError) -> Tensor {
    try operations.rmsNorm(hidden, gain: finalNorm, eps: epsilon)
  }
}
