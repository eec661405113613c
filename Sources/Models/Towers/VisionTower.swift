// The CLIP vision transformer, up to the layer whose features LLaVA takes.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Computation
import InputOutput
import Tensors

/// CLIP's vision tower (Radford et al., arXiv 2103.00020; reference: transformers'
/// CLIPVisionModel, hidden state of the chosen layer, no final norm).
public struct VisionTower: Sendable {
  public let config: VisionConfig
  /// Blocks that run: 23 of 24 for layer -2.
  public let blocks: Int
  /// The class token's row stays before the patches' rows.
  public let keepsClassToken: Bool
  let operations: any Operations
  let embeddings: Embeddings
  let layers: [Layer]

  struct Embeddings: Sendable {
    let patch: Tensor  // [width, 3 * patch * patch]
    let classToken: Tensor  // [1, width]
    let positions: Tensor  // [positions, width]
    let norm: Norm
  }

  struct Norm: Sendable {
    let gain: Tensor  // [width]
    let bias: Tensor  // [width]
  }

  struct Linear: Sendable {
    let weight: Tensor  // [out, in]
    let bias: Tensor  // [out]
  }

  struct Layer: Sendable {
    let attentionNorm: Norm
    let query, key, value, out: Linear
    let mlpNorm: Norm
    let up, down: Linear
  }

  /// Rows of features that one image gives.
  public var rowsPerImage: Int { config.patches + (keepsClassToken ? 1 : 0) }

  /// Takes the weights where they are mapped; only norms, biases and positions are copied.
  public init(_ checkpoint: VisionCheckpoint, operations: any Operations) throws {
    let loader = Loader(weights: checkpoint.weights, operations: operations)
    config = checkpoint.config
    blocks = checkpoint.blocks
    keepsClassToken = checkpoint.keepsClassToken
    self.operations = operations
    let pixels = VisionConfig.channels * config.patchSize * config.patchSize
    embeddings = Embeddings(
      patch: try checkpoint.weights.tensor("vision.patch_embedding.weight")
        .reshaped([config.width, pixels]),
      classToken: try loader.vector("vision.class_embedding").reshaped([1, config.width]),
      positions: try loader.vector("vision.position_embedding.weight"),
      norm: try loader.norm("vision.pre_layernorm"))
    layers = try (0..<checkpoint.blocks).map { try loader.layer("vision.layers.\($0)") }
  }

  /// Features of normalised images [batch, 3, side, side]: [batch * rowsPerImage, width] f32.
  public func callAsFunction(_ images: Tensor) throws(AllocationError) -> Tensor {
    let batch = images.shape[0]
    var hidden = try embed(images, batch: batch)
    let caches = try (0..<batch).map { _ throws(AllocationError) in
      try KeyValueCache(
        layers: 1, heads: config.heads, headWidth: config.headWidth, capacity: config.positions,
        precision: operations.precision)
    }
    for cache in caches { cache.advance(by: config.positions) }
    let spans = caches.enumerated().map { index, cache in
      SequenceSpan(
        cache: cache, rows: index * config.positions..<(index + 1) * config.positions)
    }
    for layer in layers { hidden = try run(layer, hidden, spans: spans) }
    if keepsClassToken { return hidden }
    return try operations.join(spans.map { hidden.rows($0.rows.dropFirst()) })
  }

  private func embed(_ images: Tensor, batch: Int) throws(AllocationError) -> Tensor {
    let squares = try operations.patches(of: images, patchSide: config.patchSize)
    let patches = try operations.linear(squares, weight: embeddings.patch, bias: nil)
    var rows: [Tensor] = []
    for image in 0..<batch {
      rows.append(embeddings.classToken)
      rows.append(patches.rows(image * config.patches..<(image + 1) * config.patches))
    }
    let hidden = try operations.join(rows)
    let positions = try operations.join(Array(repeating: embeddings.positions, count: batch))
    operations.add(positions, to: hidden)
    return try norm(hidden, embeddings.norm)
  }

  /// x + attention(norm(x)), then the same plus mlp(norm of it); x [rows, width] is reused.
  private func run(_ layer: Layer, _ x: Tensor, spans: [SequenceSpan])
    throws(AllocationError) -> Tensor
  {
    let normed = try norm(x, layer.attentionNorm)
    let results = try operations.linears(
      normed, [layer.query, layer.key, layer.value].map { ($0.weight, $0.bias) })
    operations.append(keys: results[1], values: results[2], layer: 0, spans: spans)
    let mixed = try operations.attend(results[0], layer: 0, causal: false, spans: spans)
    operations.addLinear(mixed, weight: layer.out.weight, bias: layer.out.bias, to: x)
    let wide = try operations.linear(
      norm(x, layer.mlpNorm), weight: layer.up.weight, bias: layer.up.bias,
      activation: config.activation == .quickGELU ? .quickGELU : .gelu)
    operations.addLinear(wide, weight: layer.down.weight, bias: layer.down.bias, to: x)
    return x
  }

  private func norm(_ x: Tensor, _ norm: Norm) throws(AllocationError) -> Tensor {
    try operations.layerNorm(x, gain: norm.gain, bias: norm.bias, eps: Float(config.epsilon))
  }
}

/// Reads a layer's tensors by their canonical names.
private struct Loader {
  let weights: Weights
  let operations: any Operations

  func vector(_ name: String) throws -> Tensor {
    try operations.convert(try weights.tensor(name), to: .f32)
  }

  func norm(_ name: String) throws -> VisionTower.Norm {
    VisionTower.Norm(gain: try vector("\(name).weight"), bias: try vector("\(name).bias"))
  }

  func linear(_ name: String) throws -> VisionTower.Linear {
    VisionTower.Linear(
      weight: try weights.tensor("\(name).weight"), bias: try vector("\(name).bias"))
  }

  func layer(_ name: String) throws -> VisionTower.Layer {
    VisionTower.Layer(
      attentionNorm: try norm("\(name).layer_norm1"),
      query: try linear("\(name).self_attn.q_proj"), key: try linear("\(name).self_attn.k_proj"),
      value: try linear("\(name).self_attn.v_proj"), out: try linear("\(name).self_attn.out_proj"),
      mlpNorm: try norm("\(name).layer_norm2"),
      up: try linear("\(name).mlp.fc1"), down: try linear("\(name).mlp.fc2"))
  }
}
