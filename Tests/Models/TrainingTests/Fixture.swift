// A small model to train, and sequences for it.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Decoders
import InputOutput
import Operations
import Tensors
import TestSupport
import Tokenizers

@testable import Training

/// A golden model with a fresh projector from features of width 6.
struct Fixture {
  let start: StartingPoint
  let operations: CPUOperations
  /// Of every trainer; what a test changes before it makes one.
  var options: OptimizerOptions

  init(_ name: String = "llava-hf", threads: Int = 2, precision: Precision = .f32) throws {
    let kernels = try KernelSet.best()
    operations = try CPUOperations(kernels: kernels, threads: threads, precision: precision)
    let checkpoint = try ModelDirectory.open(model: GoldenModel(name).path).languageCheckpoint()
    start = StartingPoint(
      languageConfig: checkpoint.config, language: try checkpoint.parameters(),
      projectorConfig: ProjectorConfig(
        depth: 2, inputWidth: 6, outputWidth: checkpoint.config.width),
      projector: nil, adapter: nil)
    options = OptimizerOptions(
      rate: 1e-2, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 10))
    options.weightDecay = 0.1
  }

  static let plans = [
    TrainingPlan(language: .frozen, trainsProjector: true),
    TrainingPlan(language: .full, trainsProjector: true),
    TrainingPlan(language: .adapter(AdapterScale(rank: 3, alpha: 6)), trainsProjector: true),
  ]
  static let (projectorAlone, everything, adapter) = (plans[0], plans[1], plans[2])

  func trainer(_ plan: TrainingPlan, kept: KeptActivations = .everything, dropout: Double = 0)
    throws -> Trainer
  {
    let masters = try start.masters(plan, seed: 7, adapterDeviation: 0.1, operations: operations)
    var model = try TrainingModel(start, plan, masters: masters, operations: operations)
    model.kept = kept
    model.dropout = dropout
    return try Trainer(model: model, masters: masters, options: options)
  }

  func estimate(
    _ plan: TrainingPlan, _ size: RunSize, optimizer: Optimizer = .adamw, recomputed: Int = 0
  ) throws -> RunEstimate {
    try RunEstimate(
      start, plan, size, optimizer: optimizer, recomputedLayers: recomputed,
      counting: operations.counting)
  }

  /// Sequence `index` of batch `number`: 9 + `index` tokens and an image of 4 rows.
  func sequence(_ number: Int, _ index: Int, image: Bool = true) throws -> TrainingSequence {
    var random = SeededGenerator(seed: UInt64(100 * number + index))
    let vocabulary = Int32(start.language.embedding.rows)
    let ids = (0..<9 + index).map { _ in Int32.random(in: 0..<vocabulary, using: &random) }
    let features = try Tensor(random.floats(24), shape: [4, 6])
    return try TrainingSequence(
      id: "r\(number).\(index)",
      tokens: Prompt.Tokens(
        ids: ids, imagePositions: image ? [2] : [], imageOrder: image ? [0] : [],
        lossSpans: [3..<5, 6..<9 + index / 2]),
      images: image ? [features] : [],
      limits: TrainingSequence.Limits(maxLength: 64, vocabularyRows: Int(vocabulary)))
  }

  func batch(_ number: Int, sequences: Int = 2, image: Bool = true) throws -> MicroBatch {
    MicroBatch(
      try (0..<sequences).map { try sequence(number, $0, image: image) }, firstPlace: 2 * number)
  }
}

extension Trainer {
  /// A step of these micro-batches.
  @discardableResult
  func step(_ batches: MicroBatch...) throws -> StepReport {
    for batch in batches { try add(batch) }
    return try finishStep()
  }

  /// SHA-256 of every byte that training changes: arrays that differ are slow to describe.
  var state: String {
    var hash = SHA256()
    for tensor in masters.values + states.values.flatMap({ $0.named.map(\.tensor) }) {
      tensor.withUnsafeBytes { hash.update($0) }
    }
    return hash.hexadecimal()
  }

  /// What the optimiser keeps under this name, parameter by parameter; nil where it keeps no such.
  func kept(_ kind: String) -> [(name: String, value: Tensor?)] {
    states.named.map { name, state in (name, state.named.first { $0.kind == kind }?.tensor) }
  }

  /// The gradients of a batch's sum of losses, and that sum.
  func gradients(of batch: MicroBatch) throws -> (
    loss: MicroBatchLoss, values: TrainedParameters<Tensor>
  ) {
    let values = try masters.map { try Tensor(.f32, shape: $1.shape) }
    return (try model.addGradients(of: batch, factor: 1, to: values), values)
  }
}

extension TrainedParameters<Tensor> {
  subscript(name: String) -> Tensor? { named.first { $0.name == name }?.value }
}
