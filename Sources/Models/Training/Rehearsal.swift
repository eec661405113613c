// A step and an evaluation, gone through without numbers, to count the memory that they take.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import Operations
import Tensors

/// The run's own code on `CountingOperations`, to find the memory that a step would hold.
struct Rehearsal {
  private let start: StartingPoint
  private let plan: TrainingPlan
  private let size: RunSize
  private let operations: any CountingOperations
  private let model: TrainingModel
  private let trainer: Trainer

  /// Larger batches are not rehearsed: their memory is extrapolated from this number of rows.
  private static let mostRows = 1 << 15

  init(
    _ start: StartingPoint, _ plan: TrainingPlan, _ size: RunSize, _ optimizer: Optimizer,
    recomputed: (vision: Int, language: Int), _ operations: any CountingOperations
  ) throws(AllocationError) {
    (self.start, self.plan, self.size, self.operations) = (start, plan, size, operations)
    let masters = try start.shapes(plan).map { (_, shape) throws(AllocationError) in
      try operations.zeros(shape)
    }
    var model = try TrainingModel(start, plan, masters: masters, operations: operations)
    model.kept = KeptActivations(recomputedLayers: recomputed.language)
    model.recomputedVisionLayers = recomputed.vision
    model.dropout = size.dropout
    self.model = model
    var options = OptimizerOptions(
      rate: 0, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 1))
    options.optimizer = optimizer
    trainer = try Trainer(model: model, masters: masters, options: options)
  }

  /// The peak memory of a step, and of an evaluation after it; 0 without evaluation.
  func peaks() throws -> (step: Int, evaluation: Int) {
    let input = operations.count.pages(size.inputBytes)
    let microBatches = size.accumulation
    let step = try scaled(size.batch) { batch in
      try trainer.rehearse(batch, microBatches: microBatches)
    }
    withExtendedLifetime(input) {}
    guard let held = size.evaluation else { return (step, 0) }
    operations.count.forgetPeak()
    var batch = BatchSize(rows: held.rows, records: held.records)
    (batch.imageRows, batch.images) = (held.imageRows, held.images)
    return (step, try scaled(batch) { try model.rehearseEvaluation($0) })
  }

  /// The peak of `body`, scaled up if the batch was cut.
  private func scaled(_ size: BatchSize, _ body: (MicroBatch) throws -> Void) throws -> Int {
    let fixed = operations.count.resident
    let whole = max(size.rows, size.rows + size.sharedRows)
    guard whole > Self.mostRows else {
      try body(try batch(size))
      return operations.count.peak
    }
    let factor = Double(Self.mostRows) / Double(whole)
    func part(_ count: Int) -> Int { Int((Double(count) * factor).rounded(.up)) }
    var some = BatchSize(
      rows: part(size.rows), records: min(part(size.records), size.records),
      targets: part(size.targets))
    (some.imageRows, some.images) = (part(size.imageRows), part(size.images))
    try body(try batch(some))
    let peak = Double(fixed) + Double(operations.count.peak - fixed) / factor
    return peak < 0x1p62 ? Int(peak) : .max / 2
  }

  private func batch(_ size: BatchSize) throws(AllocationError) -> MicroBatch {
    var pixels: Tensor?
    if plan.trainsVision, let side = start.vision?.config.imageSize {
      pixels = try Tensor(.u8, shape: [side, side, 3])
    }
    return MicroBatch(
      rehearsing: size, featureWidth: start.projectorConfig?.inputWidth, pixels: pixels,
      rowsPerImage: start.vision?.rowsPerImage ?? 0)
  }
}

extension Trainer {
  /// A step in which every micro-batch is `batch`, which is rehearsed once.
  fileprivate func rehearse(_ batch: MicroBatch, microBatches: Int) throws {
    try sum.reserve(GradientSum.buffers(microBatches: microBatches))
    try add(batch)
    _ = try finishStep()
  }
}

extension TrainingModel {
  fileprivate func rehearseEvaluation(_ batch: MicroBatch) throws {
    let hidden = try language.hidden(
      embeddings(of: batch, isRecorded: false).0, within: batch.spans)
    // What scoring does but for reading the logits.
    let rows = batch.targets.prefix(LanguageModel.rowsPerHead).map(\.row)
    _ = try language.logits(operations.rows(rows, of: hidden))
  }
}
