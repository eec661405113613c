// The parameters of a CLIP vision tower.
// SPDX-License-Identifier: Apache-2.0

/// A CLIP vision tower's parameters, declared once (`Parameters`).
public struct VisionParameters<T>: Parameters {
  /// [width].
  public var classEmbedding: T
  /// [width, channels, patch side, patch side].
  public var patchEmbedding: T
  /// [positions, width].
  public var positionEmbedding: T
  public var firstNorm: Norm<T>
  public var layers: [Layer]
  /// What CLIP itself ends with; LLaVA's features are taken before it.
  public var finalNorm: Norm<T>?

  public struct Layer {
    public var attentionNorm: Norm<T>
    /// [width, width] each.
    public var query, key, value, out: Linear<T>
    public var mlpNorm: Norm<T>
    /// [intermediateWidth, width].
    public var up: Linear<T>
    /// [width, intermediateWidth].
    public var down: Linear<T>

    func map<U, E>(_ name: String, _ transform: (String, T) throws(E) -> U) throws(E)
      -> VisionParameters<U>.Layer
    {
      VisionParameters<U>.Layer(
        attentionNorm: try attentionNorm.map("\(name).layer_norm1", transform),
        query: try query.map("\(name).self_attn.q_proj", transform),
        key: try key.map("\(name).self_attn.k_proj", transform),
        value: try value.map("\(name).self_attn.v_proj", transform),
        out: try out.map("\(name).self_attn.out_proj", transform),
        mlpNorm: try mlpNorm.map("\(name).layer_norm2", transform),
        up: try up.map("\(name).mlp.fc1", transform),
        down: try down.map("\(name).mlp.fc2", transform))
    }
  }

  /// The same parameters with what `transform` makes of each value.
  public func map<U, E>(_ transform: (_ name: String, _ value: T) throws(E) -> U) throws(E)
    -> VisionParameters<U>
  {
    VisionParameters<U>(
      classEmbedding: try transform("vision.class_embedding", classEmbedding),
      patchEmbedding: try transform("vision.patch_embedding.weight", patchEmbedding),
      positionEmbedding: try transform("vision.position_embedding.weight", positionEmbedding),
      firstNorm: try firstNorm.map("vision.pre_layernorm", transform),
      layers: try layers.indices.map { index throws(E) in
        try layers[index].map("vision.layers.\(index)", transform)
      },
      finalNorm: try finalNorm.map { norm throws(E) in
        try norm.map("vision.post_layernorm", transform)
      })
  }

  public func forEach<E>(_ body: (_ name: String, _ value: T) throws(E) -> Void) throws(E) {
    _ = try map(body)
  }

  /// What gives the hidden states after the first `blocks` layers, and nothing more.
  public func prefix(_ blocks: Int) -> VisionParameters {
    var part = self
    part.layers = Array(layers.prefix(blocks))
    part.finalNorm = nil
    return part
  }
}

extension VisionParameters: Sendable where T: Sendable {}
extension VisionParameters.Layer: Sendable where T: Sendable {}

extension VisionConfig {
  /// The shapes of the tower's parameters. Those of layers beyond the first `blocks`, and of the
  /// last norm, are never computed with, so they may be absent.
  public func expectedParameters(blocks: Int) -> VisionParameters<ExpectedTensor> {
    func layer(_ isRequired: Bool) -> VisionParameters<ExpectedTensor>.Layer {
      let square = Linear<ExpectedTensor>(width, width, isRequired: isRequired)
      let norm = Norm<ExpectedTensor>(width, isRequired: isRequired)
      return VisionParameters<ExpectedTensor>.Layer(
        attentionNorm: norm, query: square, key: square, value: square, out: square,
        mlpNorm: norm,
        up: Linear(intermediateWidth, width, isRequired: isRequired),
        down: Linear(width, intermediateWidth, isRequired: isRequired))
    }
    return VisionParameters(
      classEmbedding: ExpectedTensor(shape: [width]),
      patchEmbedding: ExpectedTensor(shape: [width, Self.channels, patchSize, patchSize]),
      positionEmbedding: ExpectedTensor(shape: [positions, width]),
      firstNorm: Norm(width),
      layers: (0..<layers).map { layer($0 < blocks) },
      finalNorm: Norm(width, isRequired: false))
  }
}
