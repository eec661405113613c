// A training step's loss and gradients against themselves: policies, threads, differences.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Decoders
import Operations
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Training

struct TrainerTests {
  /// A golden model with a fresh projector from features of width 6.
  struct Fixture {
    let start: StartingPoint
    let operations: CPUOperations

    init(_ name: String = "llava-hf", threads: Int = 2, precision: Precision = .f32) throws {
      let kernels = try KernelSet.best()
      operations = try CPUOperations(kernels: kernels, threads: threads, precision: precision)
      let checkpoint = try ModelDirectory.open(model: GoldenModel(name).path).languageCheckpoint()
      start = StartingPoint(
        languageConfig: checkpoint.config, language: try checkpoint.parameters(),
        projectorConfig: ProjectorConfig(
          depth: 2, inputWidth: 6, outputWidth: checkpoint.config.width),
        projector: nil, adapter: nil)
    }

    func trainer(_ plan: TrainingPlan, kept: KeptActivations = .everything, dropout: Double = 0)
      throws -> Trainer
    {
      let masters = try start.masters(
        plan, seed: 7, adapterDeviation: 0.1, operations: operations)
      var model = try TrainingModel(start, plan, masters: masters, operations: operations)
      model.kept = kept
      model.dropout = dropout
      var options = OptimizerOptions(
        rate: 1e-2, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 10))
      options.weightDecay = 0.1
      return try Trainer(model: model, masters: masters, options: options)
    }

    func batch(_ number: Int, sequences: Int = 2) throws -> MicroBatch {
      var random = SeededGenerator(seed: UInt64(number))
      let vocabulary = Int32(start.language.embedding.rows)
      let made = try (0..<sequences).map { index in
        let ids = (0..<9 + index).map { _ in Int32.random(in: 0..<vocabulary, using: &random) }
        let features = try Tensor(
          (0..<24).map { _ in Float.random(in: -1...1, using: &random) }, shape: [4, 6])
        return try TrainingSequence(
          id: "r\(number).\(index)",
          tokens: Prompt.Tokens(
            ids: ids, imagePositions: [2], imageOrder: [0], lossSpans: [3..<5, 6..<9]),
          images: [features],
          limits: TrainingSequence.Limits(maxLength: 64, vocabularyRows: Int(vocabulary)))
      }
      return MicroBatch(made, firstPlace: 2 * number)
    }
  }

  static let plans = [
    TrainingPlan(language: .frozen, trainsProjector: true),
    TrainingPlan(language: .full, trainsProjector: true),
    TrainingPlan(
      language: .adapter(AdapterScale(rank: 3, alpha: 6)), trainsProjector: true),
  ]

  /// The loss at some values of one parameter.
  @Test(arguments: plans)
  func gradientsAreDifferences(plan: TrainingPlan) throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(plan)
    let batch = try fixture.batch(1)
    let gradients = try trainer.masters.map { try Tensor(.f32, shape: $1.shape) }
    _ = try trainer.model.addGradients(of: batch, factor: 1, to: gradients)
    func loss() throws -> Double {
      let unused = try trainer.masters.map { try Tensor(.f32, shape: $1.shape) }
      return try trainer.model.addGradients(of: batch, factor: 1, to: unused).sum
    }
    for (parameter, gradient) in zip(trainer.masters.named, gradients.values) {
      let values = gradient.floatValues
      let index = try #require(values.indices.max { abs(values[$0]) < abs(values[$1]) })
      guard abs(values[index]) > 1e-3 else { continue }
      let at = parameter.value.mutableFloats + index
      let (before, step) = (at.pointee, Float(1e-2))
      at.pointee = before + step
      let above = try loss()
      at.pointee = before - step
      let below = try loss()
      at.pointee = before
      let difference = (above - below) / Double(2 * step)
      #expect(
        abs(difference - Double(values[index])) < 0.02 * abs(difference) + 2e-3,
        "\(parameter.name): \(values[index]), by differences \(difference)")
    }
  }
}
