// The parameters of a low-rank adapter of a LLaMA decoder.
// SPDX-License-Identifier: Apache-2.0

/// The low-rank pair that LoRA (Hu et al., arXiv 2106.09685) adds to a linear layer [out, in]: b a, times a factor.
public struct LowRankPair<T> {
  /// [rank, in].
  public var a: T
  /// [out, rank].
  public var b: T

  public init(a: T, b: T) { (self.a, self.b) = (a, b) }

  func map<U, E>(_ name: String, _ transform: (String, T) throws(E) -> U) throws(E)
    -> LowRankPair<U>
  {
    LowRankPair<U>(
      a: try transform("\(name).lora_A.weight", a), b: try transform("\(name).lora_B.weight", b))
  }
}

/// An adapter's parameters, declared once (`Parameters`): a pair for each adapted layer.
public struct AdapterParameters<T>: Parameters {
  public var layers: [Layer]

  /// The pairs of one layer of the decoder; nil where that one is not adapted.
  public struct Layer {
    public var query, key, value, out, gate, up, down: LowRankPair<T>?

    public init(
      query: LowRankPair<T>? = nil, key: LowRankPair<T>? = nil, value: LowRankPair<T>? = nil,
      out: LowRankPair<T>? = nil, gate: LowRankPair<T>? = nil, up: LowRankPair<T>? = nil,
      down: LowRankPair<T>? = nil
    ) {
      (self.query, self.key, self.value, self.out) = (query, key, value, out)
      (self.gate, self.up, self.down) = (gate, up, down)
    }

    func map<U, E>(_ name: String, _ transform: (String, T) throws(E) -> U) throws(E)
      -> AdapterParameters<U>.Layer
    {
      func pair(_ module: String, _ pair: LowRankPair<T>?) throws(E) -> LowRankPair<U>? {
        guard let pair else { return nil }
        return try pair.map("\(name).\(module)", transform)
      }
      return AdapterParameters<U>.Layer(
        query: try pair("self_attn.q_proj", query), key: try pair("self_attn.k_proj", key),
        value: try pair("self_attn.v_proj", value), out: try pair("self_attn.o_proj", out),
        gate: try pair("mlp.gate_proj", gate), up: try pair("mlp.up_proj", up),
        down: try pair("mlp.down_proj", down))
    }
  }

  public init(layers: [Layer]) { self.layers = layers }

  /// The same parameters with what `transform` makes of each value. Canonical names are those of the
  /// adapted weights with `lora_A` or `lora_B` before their end: `language.layers.0.mlp.up_proj.lora_A.weight`.
  public func map<U, E>(_ transform: (_ name: String, _ value: T) throws(E) -> U) throws(E)
    -> AdapterParameters<U>
  {
    AdapterParameters<U>(
      layers: try layers.indices.map { index throws(E) in
        try layers[index].map("language.layers.\(index)", transform)
      })
  }

  public func forEach<E>(_ body: (_ name: String, _ value: T) throws(E) -> Void) throws(E) {
    _ = try map(body)
  }
}

extension LowRankPair: Sendable where T: Sendable {}
extension AdapterParameters: Sendable where T: Sendable {}
extension AdapterParameters.Layer: Sendable where T: Sendable {}

/// The scale of an adapter.
public struct AdapterScale: Equatable, Sendable {
  public var rank: Int
  public var alpha: Double
  /// rsLoRA: divides alpha by the square root of the rank (Kalajdzievski, arXiv 2312.03732).
  public var isRankStabilized: Bool

  public init(rank: Int, alpha: Double, isRankStabilized: Bool = false) {
    (self.rank, self.alpha, self.isRankStabilized) = (rank, alpha, isRankStabilized)
  }

  /// The factor of b a.
  public var factor: Double {
    alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank))
  }
}

extension LanguageConfig {
  /// The shapes of an adapter of this rank on all seven linear layers.
  public func expectedAdapter(rank: Int) -> AdapterParameters<ExpectedTensor> {
    func pair(_ outputs: Int, _ inputs: Int) -> LowRankPair<ExpectedTensor> {
      LowRankPair(
        a: ExpectedTensor(shape: [rank, inputs]), b: ExpectedTensor(shape: [outputs, rank]))
    }
    let (mixed, shared) = (heads * headWidth, keyValueHeads * headWidth)
    let layer = AdapterParameters<ExpectedTensor>.Layer(
      query: pair(mixed, width), key: pair(shared, width), value: pair(shared, width),
      out: pair(width, mixed), gate: pair(intermediateWidth, width),
      up: pair(intermediateWidth, width), down: pair(width, intermediateWidth))
    return AdapterParameters(layers: Array(repeating: layer, count: layers))
  }
}
