// The parameters of a LLaMA decoder.
// SPDX-License-Identifier: Apache-2.0

/// A LLaMA decoder's parameters, declared once (`Parameters`).
public struct LlamaParameters<T>: Parameters {
  /// [vocabulary, width].
  public var embedding: T
  public var layers: [Layer]
  /// [width].
  public var finalNorm: T
  /// [vocabulary, width]; nil where the embedding serves as the output layer too.
  public var output: T?

  public struct Layer {
    /// [width].
    public var attentionNorm: T
    /// [heads * headWidth, width].
    public var query: T
    /// [keyValueHeads * headWidth, width].
    public var key, value: T
    /// [width, heads * headWidth].
    public var out: T
    /// [width].
    public var mlpNorm: T
    /// [intermediateWidth, width].
    public var gate, up: T
    /// [width, intermediateWidth].
    public var down: T

    func map<U, E>(_ name: String, _ transform: (String, T) throws(E) -> U) throws(E)
      -> LlamaParameters<U>.Layer
    {
      LlamaParameters<U>.Layer(
        attentionNorm: try transform("\(name).input_layernorm.weight", attentionNorm),
        query: try transform("\(name).self_attn.q_proj.weight", query),
        key: try transform("\(name).self_attn.k_proj.weight", key),
        value: try transform("\(name).self_attn.v_proj.weight", value),
        out: try transform("\(name).self_attn.o_proj.weight", out),
        mlpNorm: try transform("\(name).post_attention_layernorm.weight", mlpNorm),
        gate: try transform("\(name).mlp.gate_proj.weight", gate),
        up: try transform("\(name).mlp.up_proj.weight", up),
        down: try transform("\(name).mlp.down_proj.weight", down))
    }
  }

  /// The same parameters with what `transform` makes of each value.
  public func map<U, E>(_ transform: (_ name: String, _ value: T) throws(E) -> U) throws(E)
    -> LlamaParameters<U>
  {
    LlamaParameters<U>(
      embedding: try transform("language.embed_tokens.weight", embedding),
      layers: try layers.indices.map { index throws(E) in
        try layers[index].map("language.layers.\(index)", transform)
      },
      finalNorm: try transform("language.norm.weight", finalNorm),
      output: try output.map { value throws(E) in
        try transform(LlamaParameters<U>.outputName, value)
      })
  }

  public func forEach<E>(_ body: (_ name: String, _ value: T) throws(E) -> Void) throws(E) {
    _ = try map(body)
  }

  static var outputName: String { "language.lm_head.weight" }
}

extension LlamaParameters: Sendable where T: Sendable {}
extension LlamaParameters.Layer: Sendable where T: Sendable {}

extension LanguageConfig {
  /// The shapes of the decoder's parameters.
  public var expectedParameters: LlamaParameters<ExpectedTensor> {
    func tensor(_ shape: Int...) -> ExpectedTensor { ExpectedTensor(shape: shape) }
    let vocabulary = ExpectedTensor(shape: [vocabulary, width], mayHaveMoreRows: true)
    var output = vocabulary
    output.isRequired = !tiesEmbeddings
    let layer = LlamaParameters<ExpectedTensor>.Layer(
      attentionNorm: tensor(width),
      query: tensor(heads * headWidth, width),
      key: tensor(keyValueHeads * headWidth, width),
      value: tensor(keyValueHeads * headWidth, width),
      out: tensor(width, heads * headWidth),
      mlpNorm: tensor(width),
      gate: tensor(intermediateWidth, width),
      up: tensor(intermediateWidth, width),
      down: tensor(width, intermediateWidth))
    return LlamaParameters(
      embedding: vocabulary, layers: Array(repeating: layer, count: layers),
      finalNorm: tensor(width), output: output)
  }
}
