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
  /// The number of blocks that are run: 23 of 24 for layer -2.
  public let blocks: Int
  /// Whether the class token's row is kept, before the patches' rows.
  public let keepsClassToken: Bool
  let operations: any Operations
  let parameters: VisionParameters<Weight>
  let layers: [VisionLayer]

  /// The number of feature rows per image.
  public var rowsPerImage: Int { config.patches + (keepsClassToken ? 1 : 0) }

  /// Uses the memory-mapped weights in place; only norms and biases are copied.
  public init(_ checkpoint: VisionCheckpoint, operations: any Operations) throws {
    self.init(
      checkpoint.config, try checkpoint.parameters().map { try operations.adopt($1) },
      keepsClassToken: checkpoint.keepsClassToken, operations: operations)
  }

  /// Uses parameters that `operations` adopted or made, of the blocks to run; later changes to
  /// them, in place, take effect.
  public init(
    _ config: VisionConfig, _ parameters: VisionParameters<Weight>, keepsClassToken: Bool,
    operations: any Operations
  ) {
    (self.config, self.parameters, self.operations) = (config, parameters, operations)
    self.keepsClassToken = keepsClassToken
    blocks = parameters.layers.count
    layers = parameters.layers.map {
      VisionLayer(parameters: $0, config: config, operations: operations)
    }
  }

  /// Features of normalised images [batch, 3, side, side]: [batch * rowsPerImage, width] f32.
  public func callAsFunction(_ images: Tensor) throws(AllocationError) -> Tensor {
    let spans = spans(of: images.shape[0])
    var hidden = try norm(embed(images).sum)
    for layer in layers {
      hidden = try layer(hidden, within: spans, keepsActivations: false).result
    }
    return try features(of: hidden, spans)
  }

  /// The rows of each of `batch` images between the layers.
  func spans(of batch: Int) -> [Range<Int>] {
    (0..<batch).map { $0 * config.positions..<($0 + 1) * config.positions }
  }

  /// The features in the last hidden state [batch * positions, width].
  func features(of hidden: Tensor, _ spans: [Range<Int>]) throws(AllocationError) -> Tensor {
    if keepsClassToken { return hidden }
    return try operations.join(spans.map { hidden.rows($0.dropFirst()) })
  }

  /// The patches of images [batch, 3, side, side], and the sum of all embeddings [batch * positions,
  /// width] before the first norm.
  func embed(_ images: Tensor) throws(AllocationError) -> (squares: Tensor, sum: Tensor) {
    let batch = images.shape[0]
    let squares = try operations.patches(of: images, patchSide: config.patchSize)
    let patches = try operations.linear(squares, weight: parameters.patchEmbedding, bias: nil)
    let classToken = try operations.rows([0], of: parameters.classEmbedding)
    var rows: [Tensor] = []
    for image in 0..<batch {
      rows.append(classToken)
      rows.append(patches.rows(image * config.patches..<(image + 1) * config.patches))
    }
    let sum = try operations.join(rows)
    operations.add(
      try operations.rows(positions(of: batch), of: parameters.positionEmbedding), to: sum)
    return (squares, sum)
  }

  /// The position of each row of `batch` images.
  func positions(of batch: Int) -> [Int32] {
    (0..<batch).flatMap { _ in (0..<config.positions).map { Int32($0) } }
  }

  func norm(_ x: Tensor) throws(AllocationError) -> Tensor {
    let norm = parameters.firstNorm
    return try operations.layerNorm(
      x, gain: norm.gain, bias: norm.bias, eps: Float(config.epsilon))
  }
}
