// Steps and evaluations on pixels: the same however they are computed, stopped and watched.
// SPDX-License-Identifier: Apache-2.0
import Operations
import TestSupport
import Testing

@testable import Training

struct VisionTests {
  private func evaluation(_ trainer: Trainer, _ batches: MicroBatch...) throws -> Evaluation {
    var found = Evaluation()
    for batch in batches { try trainer.model.evaluate(batch, into: &found) }
    return found
  }

  @Test(arguments: VisionFixture.plans, [Optimizer.adamw, .muon])
  func nothingButTheRecordsCounts(plan: TrainingPlan, optimizer: Optimizer) throws {
    func run(
      threads: Int = 2, recomputed: (Int, Int) = (0, 0), isStopped: Bool = false,
      isWatched: Bool = false
    ) throws -> String {
      var fixture = try VisionFixture(threads: threads, precision: .bf16)
      fixture.options.optimizer = optimizer
      var trainer = try fixture.trainer(plan, recomputed: recomputed)
      for number in 1...3 {
        try trainer.step(fixture.batch(number), fixture.batch(number + 5))
        if isWatched { _ = try evaluation(trainer, fixture.batch(9)) }
        if isStopped {
          trainer = try Trainer(
            model: trainer.model, masters: trainer.masters, options: trainer.options,
            resuming: (trainer.finishedSteps, trainer.states))
        }
      }
      try trainer.checkParameters()
      return trainer.state
    }
    let usual = try run()
    #expect(try run(threads: 1) == usual && run(threads: 3) == usual)
    for recomputed in [(1, 0), (2, 0), (2, 1)] {
      #expect(try run(recomputed: recomputed) == usual, "\(recomputed)")
    }
    #expect(try run(isStopped: true) == usual)
    #expect(try run(isWatched: true) == usual)
  }

  @Test(arguments: VisionFixture.plans, Precision.allCases)
  func theHeldOutLossIsTheOneThatTrainingHas(plan: TrainingPlan, precision: Precision) throws {
    let fixture = try VisionFixture(precision: precision)
    let trainer = try fixture.trainer(plan, recomputed: (1, 1))
    try trainer.step(fixture.batch(1))
    let batch = try fixture.batch(2)
    let trained = try trainer.gradients(of: batch).loss
    let found = try evaluation(trainer, batch)
    #expect(found.loss == trained.sum / Double(trained.targets))
    #expect(found.targets == trained.targets && found.records == 3 && found.firstBad == nil)
    // However the records are cut into batches.
    for size in 1...2 {
      var other = Evaluation()
      for start in stride(from: 0, to: 3, by: size) {
        let part = Array(batch.sequences[start..<min(3, start + size)])
        try trainer.model.evaluate(MicroBatch(part, firstPlace: 40), into: &other)
      }
      #expect(other == found, "\(size) at a time")
    }
  }

  /// The token with the largest logit is the one that as a label has the smallest loss.
  @Test func aHitIsTheTokenThatWouldBeChosen() throws {
    let fixture = try VisionFixture()
    let trainer = try fixture.trainer()
    var seen: Set<Double> = []
    for picture in 0..<4 {
      var (losses, hits) = ([Double](), [Int]())
      for label in 0..<33 {
        let question = try fixture.question("q", [picture], [5, 6, Int32(label)])
        let found = try evaluation(trainer, MicroBatch([question], firstPlace: 0))
        losses.append(try #require(found.loss))
        if found.hits == 1 { hits.append(label) }
      }
      #expect(hits.count == 1 && losses.firstIndex(of: losses.min() ?? 0) == hits.first)
      seen.insert(losses[0])
    }
    #expect(seen.count == 4, "the picture changes nothing")
  }

  /// The tower's part is the batch's that has most images; the larger of both counts.
  @Test func anEvaluationOnPixelsCountsItsImages() throws {
    let fixture = try VisionFixture()
    var size = RunSize(rows: 20, rowsOfStep: 20, targetsOfStep: 5, accumulation: 1)
    func estimate(images: Int, plan: TrainingPlan = VisionFixture.everything) throws -> RunEstimate
    {
      var held = EvaluationSize(rows: 20, allRows: 60, targets: 9, count: 3)
      (held.images, held.allImages) = (images, 3 * images)
      size.evaluation = held
      return try RunEstimate(
        fixture.start, plan, size, recomputedLayers: 0, counting: fixture.operations.counting)
    }
    let text = try estimate(images: 0)
    let (few, many) = (try estimate(images: 100), try estimate(images: 200))
    #expect(text.evaluation > 0 && few.evaluation > text.evaluation)
    #expect(few.memory < many.memory && few.activations == text.activations)
    let perImage = (many.operationsOfEvaluation - few.operationsOfEvaluation) / 300
    #expect(perImage > 0)
    #expect(
      abs(few.operationsOfEvaluation - text.operationsOfEvaluation - 300 * perImage) < perImage)
    // Features cost nothing here.
    let plan = TrainingPlan(language: .full, trainsProjector: true)
    #expect(
      try estimate(images: 0, plan: plan).evaluation == estimate(images: 9, plan: plan).evaluation)
  }
}
