// A step of training: forward, backward and update.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Operations
import Tensors
import Tokenizers
import Training

extension LlavaBench {
  /// A step over one sequence: a token, an image's rows, and the other tokens, all but the first of
  /// which are learned. The projector is trained, and with --lora an adapter beside it.
  func train(_ operations: CPUOperations) throws -> () throws -> Void {
    let directory = try ModelDirectory.open(model: model)
    let (language, projector) = (
      try directory.languageCheckpoint(), try directory.projectorCheckpoint()
    )
    let start = StartingPoint(
      languageConfig: language.config, language: try language.parameters(),
      projectorConfig: projector.config, projector: try projector.parameters(), adapter: nil)
    let plan = TrainingPlan(
      language: lora > 0 ? .adapter(AdapterScale(rank: lora, alpha: Double(2 * lora))) : .frozen,
      trainsProjector: true)
    let masters = try start.masters(plan, seed: 1, operations: operations)
    let trainer = try Trainer(
      model: TrainingModel(start, plan, masters: masters, operations: operations),
      masters: masters,
      options: OptimizerOptions(
        rate: 1e-4, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 1)))
    let ids = (0..<tokens).map { Int32($0 * 7 % language.config.vocabulary) }
    let width = projector.config.inputWidth
    let features = try Tensor(noise(imageRows * width), shape: [imageRows, width])
    let sequence = try TrainingSequence(
      id: "bench",
      tokens: Prompt.Tokens(
        ids: ids, imagePositions: [1], imageOrder: [0], lossSpans: [1..<tokens]),
      images: [features],
      limits: TrainingSequence.Limits(
        maxLength: tokens + imageRows, vocabularyRows: language.config.vocabulary))
    return {
      try trainer.add(MicroBatch([sequence], firstPlace: 0))
      _ = try trainer.finishStep()
    }
  }
}
