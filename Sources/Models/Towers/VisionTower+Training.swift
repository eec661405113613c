// The vision tower with what its gradient needs.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Operations
import Tensors

/// The activations that a forward pass of the tower keeps for the backward pass.
public final class VisionRecord {
  let batch: Int
  /// [batch * patches, channels * patch side * patch side].
  let squares: Tensor
  /// [batch * positions, width], before the first norm.
  let sum: Tensor
  /// Each layer's input, and the other activations it keeps. Removed one by one in the backward pass.
  var layers: [(input: Tensor, activations: VisionLayer.Activations?)] = []

  init(batch: Int, squares: Tensor, sum: Tensor) {
    (self.batch, self.squares, self.sum) = (batch, squares, sum)
  }
}

extension VisionTower {
  /// Forward pass: the features of normalised images [batch, 3, side, side], with the same numbers as in
  /// inference, and what the backward pass needs. The first `recomputedLayers` layers keep only their input.
  ///
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  public func forward(_ images: Tensor, recomputedLayers: Int = 0) throws
    -> (features: Tensor, record: VisionRecord)
  {
    let batch = images.shape[0]
    let (squares, sum) = try embed(images)
    let record = VisionRecord(batch: batch, squares: squares, sum: sum)
    let spans = spans(of: batch)
    var hidden = try norm(sum)
    for (index, layer) in layers.enumerated() {
      try Interruption.check("training")
      let (result, activations) = try layer(hidden, within: spans, keepsActivations: true)
      record.layers.append((hidden, index < recomputedLayers ? nil : activations))
      hidden = result
    }
    return (try features(of: hidden, spans), record)
  }

  /// Backward pass: adds the gradients of the parameters from dfeatures [batch * rowsPerImage, width] of
  /// `forward` to `gradients`. Consumes the record.
  ///
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  public func addGradient(
    _ dfeatures: Tensor, of record: VisionRecord, into gradients: VisionParameters<Tensor>
  ) throws {
    let spans = spans(of: record.batch)
    let dhidden = try widened(dfeatures, spans)
    for index in layers.indices.reversed() {
      try Interruption.check("training")
      let kept = record.layers.removeLast()
      let activations =
        try kept.activations
        ?? layers[index](kept.input, within: spans, keepsActivations: true).activations
      guard let activations else { preconditionFailure("the layer kept nothing") }
      try layers[index].gradient(
        dhidden, of: kept.input, activations, into: gradients.layers[index])
    }
    try addEmbeddingGradient(dhidden, of: record, into: gradients)
  }

  /// The gradient of the last hidden state [batch * positions, width], a new tensor: 0 for the class
  /// tokens, unless these are features, too.
  private func widened(_ dfeatures: Tensor, _ spans: [Range<Int>]) throws(AllocationError)
    -> Tensor
  {
    if keepsClassToken { return try operations.join([dfeatures]) }
    let dhidden = try operations.zeros([spans.count * config.positions, config.width])
    operations.addRows(
      dfeatures, to: dhidden, at: spans.flatMap { $0.dropFirst().map { Int32($0) } })
    return dhidden
  }

  /// Adds the gradients of the first norm and the embeddings from dx of the first norm's result.
  private func addEmbeddingGradient(
    _ dx: Tensor, of record: VisionRecord, into gradients: VisionParameters<Tensor>
  ) throws(AllocationError) {
    let eps = Float(config.epsilon)
    operations.addLayerGainGradient(dx, of: record.sum, eps: eps, to: gradients.firstNorm.gain)
    operations.addBiasGradient(dx, to: gradients.firstNorm.bias)
    let dsum = try operations.layerNormGradient(
      dx, of: record.sum, gain: parameters.firstNorm.gain, eps: eps)
    operations.addRows(
      dsum, to: gradients.positionEmbedding, at: positions(of: record.batch))
    let (spans, zero) = (spans(of: record.batch), Int32(0))
    operations.addRows(
      try operations.join(spans.map { dsum.rows($0.prefix(1)) }), to: gradients.classEmbedding,
      at: spans.map { _ in zero })
    let dpatches = try operations.join(spans.map { dsum.rows($0.dropFirst()) })
    let weight = gradients.patchEmbedding
    try operations.addWeightGradient(
      dpatches, record.squares,
      to: weight.reshaped([config.width, weight.count / config.width]))
  }
}
