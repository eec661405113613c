// The CLIP vision transformer, up to the layer whose features LLaVA takes.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Operations
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
  let parameters: VisionParameters<Weight>

  /// Rows of features that one image gives.
  public var rowsPerImage: Int { config.patches + (keepsClassToken ? 1 : 0) }

  /// Takes the weights where they are mapped; only norms and biases are copied.
  public init(_ checkpoint: VisionCheckpoint, operations: any Operations) throws {
    config = checkpoint.config
    blocks = checkpoint.blocks
    keepsClassToken = checkpoint.keepsClassToken
    self.operations = operations
    parameters = try checkpoint.parameters().map { try operations.adopt($1) }
  }

  /// Features of normalised images [batch, 3, side, side]: [batch * rowsPerImage, width] f32.
  public func callAsFunction(_ images: Tensor) throws(AllocationError) -> Tensor {
    let batch = images.shape[0]
    var hidden = try embed(images, batch: batch)
    let spans = (0..<batch).map { $0 * config.positions..<($0 + 1) * config.positions }
    for layer in parameters.layers { hidden = try run(layer, hidden, spans: spans) }
    if keepsClassToken { return hidden }
    return try operations.join(spans.map { hidden.rows($0.dropFirst()) })
  }

  private func embed(_ images: Tensor, batch: Int) throws(AllocationError) -> Tensor {
    let squares = try operations.patches(of: images, patchSide: config.patchSize)
    let patches = try operations.linear(squares, weight: parameters.patchEmbedding, bias: nil)
    let classToken = try operations.rows([0], of: parameters.classEmbedding)
    var rows: [Tensor] = []
    for image in 0..<batch {
      rows.append(classToken)
      rows.append(patches.rows(image * config.patches..<(image + 1) * config.patches))
    }
    let hidden = try operations.join(rows)
    let positions = (0..<batch).flatMap { _ in (0..<config.positions).map { Int32($0) } }
    operations.add(try operations.rows(positions, of: parameters.positionEmbedding), to: hidden)
    return try norm(hidden, parameters.firstNorm)
  }

  /// x + attention(norm(x)), then the same plus mlp(norm of it); x [rows, width] is reused.
  private func run(_ layer: VisionParameters<Weight>.Layer, _ x: Tensor, spans: [Range<Int>])
    throws(AllocationError) -> Tensor
  {
    let normed = try norm(x, layer.attentionNorm)
    let results = try operations.linears(
      normed, [layer.query, layer.key, layer.value].map { ($0.weight, $0.bias) })
    let mixed = try operations.attend(
      results[0], keys: results[1], values: results[2], headWidth: config.headWidth, within: spans)
    operations.addLinear(mixed, weight: layer.out.weight, bias: layer.out.bias, to: x)
    let wide = try operations.linear(
      norm(x, layer.mlpNorm), weight: layer.up.weight, bias: layer.up.bias,
      activation: config.activation)
    operations.addLinear(wide, weight: layer.down.weight, bias: layer.down.bias, to: x)
    return x
  }

  private func norm(_ x: Tensor, _ norm: Norm<Weight>) throws(AllocationError) -> Tensor {
    try operations.layerNorm(x, gain: norm.gain, bias: norm.bias, eps: Float(config.epsilon))
  }
}
