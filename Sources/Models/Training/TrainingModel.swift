// Projector and language model together: a micro-batch's loss and its gradients.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import Operations
import Projectors
import Tensors
import TrainingData

/// What a micro-batch gave.
public struct MicroBatchLoss: Equatable, Sendable {
  /// The sum over the learned tokens.
  public var sum: Double
  public var targets: Int
  /// The first sequence whose loss is not a number.
  public var firstBad: Int?
}

/// A projector before a language model, some of their parameters trained.
public struct TrainingModel: Sendable {
  let projector: Projector?
  let language: LanguageModel
  let operations: any Operations
  /// What layers keep; of no effect on any number.
  public var kept = KeptActivations.everything
  /// Of the adapter's inputs the part that is left out.
  public var dropout = 0.0
  public var seed: UInt64 = 0

  /// Adds a micro-batch's gradients, of the sum of its losses times `factor`, to `gradients`.
  ///
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  func addGradients(
    of batch: MicroBatch, factor: Float, to gradients: TrainedParameters<Tensor>
  ) throws -> MicroBatchLoss {
    let sinks = DecoderGradients(language: gradients.language, adapter: gradients.adapter)
    let (x, projected) = try embeddings(of: batch)
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
    if let projector, let sink = gradients.projector, let projected {
      try projector.addGradient(
        operations.rows(batch.imageRows, of: dx), of: projected, into: sink)
    }
    return loss
  }

  /// Word embeddings and projected features [rows, width] in the order of the batch.
  func embeddings(of batch: MicroBatch) throws(AllocationError)
    -> (Tensor, ProjectorRecord?)
  {
    let words = try language.embed(batch.ids)
    guard let projector, !batch.images.isEmpty else { return (words, nil) }
    let features = try operations.join(
      batch.images.map { image throws(AllocationError) in try operations.convert(image, to: .f32) })
    let (rows, record) = try projector.forward(features)
    return (try operations.rows(batch.order, of: operations.join([words, rows])), record)
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
