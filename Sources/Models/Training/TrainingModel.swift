// Tower, projector and language model together: a micro-batch's loss and its gradients.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import Operations
import Projectors
import Randomness
import Tensors

/// The results of a micro-batch.
public struct MicroBatchLoss: Equatable, Sendable {
  /// The sum over the tokens that carry loss.
  public var sum: Double
  public var targets: Int
  /// The first sequence whose loss is NaN or infinite.
  public var firstBad: Int?
}

/// The activations that the images of a micro-batch keep for the backward pass.
struct ImageRecord {
  let projected: ProjectorRecord
  let tower: TrainedTower.Record?
}

/// A projector before a language model, and the vision tower before both if it is trained; some of
/// their parameters are trained.
public struct TrainingModel: Sendable {
  let tower: TrainedTower?
  let projector: Projector?
  let language: LanguageModel
  let operations: any Operations
  /// Which activations layers keep; no effect on results.
  public var kept = KeptActivations.everything
  /// The number of the tower's layers that keep only their input; no effect on results.
  public var recomputedVisionLayers = 0
  /// The dropout rate of the adapter's inputs.
  public var dropout = 0.0
  public var seed: UInt64 = 0

  /// Adds a micro-batch's gradients, of the sum of its losses times `factor`, to `gradients`.
  ///
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  func addGradients(
    of batch: MicroBatch, factor: Float, to gradients: TrainedParameters<Tensor>
  ) throws -> MicroBatchLoss {
    let sinks = DecoderGradients(language: gradients.language, adapter: gradients.adapter)
    let (x, images) = try embeddings(of: batch)
    let (hidden, record) = try language.forward(
      x, within: batch.spans, sources: batch.sources, keeping: kept,
      dropout: adapterDropout(batch))
    let (losses, dhidden) = try language.crossEntropy(
      hidden, batch.targets, factor: factor, into: sinks)
    let loss = Self.loss(losses, of: batch)
    if loss.firstBad != nil { return loss }
    let dx = try language.gradient(dhidden, of: record, into: sinks)
    if sinks.language != nil {
      language.addEmbeddingGradient(
        try operations.rows(batch.tokenRows, of: dx), of: batch.ids, into: sinks)
    }
    if let images { try addImageGradient(dx, of: batch, images, into: gradients) }
    return loss
  }

  /// Word embeddings and projected features [rows, width] in the order of the batch.
  ///
  /// `isRecorded`: whether a backward pass may follow; otherwise the tower keeps no activations.
  func embeddings(of batch: MicroBatch, isRecorded: Bool = true) throws -> (Tensor, ImageRecord?) {
    let words = try language.embed(batch.ids)
    guard let projector, !batch.images.isEmpty || !batch.pixels.isEmpty else {
      return (words, nil)
    }
    var features = batch.images.isEmpty ? [] : try [joined(batch.images)]
    let seen = try tower?.features(
      of: batch.pixels, recomputedLayers: isRecorded ? recomputedVisionLayers : nil)
    if let seen { features.append(seen.features) }
    let (rows, record) = try projector.forward(operations.join(features))
    return (
      try operations.rows(batch.order, of: operations.join([words, rows])),
      isRecorded ? ImageRecord(projected: record, tower: seen?.record) : nil
    )
  }

  private func joined(_ images: [Tensor]) throws(AllocationError) -> Tensor {
    try operations.join(
      images.map { image throws(AllocationError) in try operations.convert(image, to: .f32) })
  }

  /// Adds the gradients of projector and tower from dx of the embeddings.
  private func addImageGradient(
    _ dx: Tensor, of batch: MicroBatch, _ images: ImageRecord,
    into gradients: TrainedParameters<Tensor>
  ) throws {
    guard let projector, gradients.projector != nil || gradients.vision != nil else { return }
    let dfeatures = try projector.addGradient(
      operations.rows(batch.imageRows, of: dx), of: images.projected, into: gradients.projector,
      reachesFeatures: gradients.vision != nil)
    guard let tower, let sink = gradients.vision, let record = images.tower, let dfeatures else {
      return
    }
    try tower.addGradient(dfeatures, of: record, into: sink)
  }

  private func adapterDropout(_ batch: MicroBatch) -> AdapterDropout? {
    guard dropout > 0 else { return nil }
    let draws = PlacedRandom(seed: seed, for: .dropout)
    let keys = batch.origins.map { draws.at(UInt64($0.place)).bits(UInt64($0.position)) }
    return AdapterDropout(rate: dropout, rowKeys: keys)
  }

  private static func loss(_ losses: [Float], of batch: MicroBatch) -> MicroBatchLoss {
    let sum = losses.reduce(0) { $0 + Double($1) }
    return MicroBatchLoss(sum: sum, targets: losses.count, firstBad: batch.firstBad(losses))
  }
}
