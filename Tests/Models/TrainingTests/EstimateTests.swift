// What a run will take: memory by kind, and as few recomputed layers as fit.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Testing

@testable import Training

struct EstimateTests {
  private let start: StartingPoint
  private let size = RunSize(rows: 100, rowsOfStep: 300, targetsOfStep: 50, accumulation: 3)

  init() throws { start = try Fixture().start }

  private func estimate(
    _ plan: TrainingPlan = Fixture.projectorAlone, _ size: RunSize? = nil, recomputed: Int = 0
  ) -> RunEstimate {
    RunEstimate(start, plan, size ?? self.size, recomputedLayers: recomputed)
  }

  @Test func statesAreMomentsAndTheTreesBuffers() {
    for plan in Fixture.plans {
      let trained = start.shapes(plan).values.reduce(0) { $0 + $1.reduce(1, *) }
      for (accumulation, buffers) in [(1, 1), (2, 2), (3, 2), (4, 3), (128, 8)] {
        var size = size
        size.accumulation = accumulation
        #expect(estimate(plan, size).states == 4 * trained * (2 + buffers))
      }
    }
    // Frozen weights lie in their files, trained ones are f32 copies instead.
    let frozen = start.language.named.reduce(0) { $0 + $1.value.byteCount }
    let projector = start.shapes(Fixture.projectorAlone).values.reduce(0) { $0 + $1.reduce(1, *) }
    #expect(estimate().weights == frozen + 4 * projector)
    let whole = start.shapes(Fixture.everything).values.reduce(0) { $0 + $1.reduce(1, *) }
    #expect(estimate(Fixture.everything).weights == 4 * whole)
  }

  @Test func recomputingTakesLessMemoryAndMoreWork() {
    let layers = start.languageConfig.layers
    for plan in Fixture.plans {
      let (kept, inputs) = (estimate(plan), estimate(plan, recomputed: layers))
      let row = LanguageModel.keptBytesPerRow(
        start.languageConfig, rank: plan.adapterScale?.rank ?? 0)
      #expect(kept.activations == 100 * layers * row.everything)
      #expect(inputs.activations == 100 * (layers * row.input + row.everything))
      #expect(inputs.memory < kept.memory)
      #expect(inputs.floatingPointOperations > kept.floatingPointOperations)
      #expect(estimate(plan, recomputed: .max) == inputs)
    }
    #expect(
      estimate(Fixture.everything).floatingPointOperations > estimate().floatingPointOperations)
  }

  /// Between two steps there are no activations: the larger of both counts.
  @Test func anEvaluationCountsWhereItTakesMore() {
    let plain = estimate()
    #expect(plain.evaluation == 0 && plain.operationsOfEvaluation == 0)
    var size = size
    for (rows, isMore) in [(10, false), (100_000, true)] {
      size.evaluation = EvaluationSize(rows: rows, allRows: 3 * rows, targets: 9, count: 3)
      let found = estimate(Fixture.projectorAlone, size)
      #expect(found.evaluation > 0 && found.activations == plain.activations)
      let step = plain.activations + plain.workspace
      #expect((found.evaluation > step) == isMore)
      #expect(found.memory == plain.memory - step + max(step, found.evaluation))
      let row = LanguageModel.keptBytesPerRow(start.languageConfig, rank: 0)
      #expect(found.evaluation >= rows * row.everything)
    }
    // Forward alone: about half of what a step over as many rows takes.
    size.evaluation = EvaluationSize(rows: 100, allRows: 300, targets: 50, count: 3)
    let share = estimate(Fixture.projectorAlone, size)
    let ratio = share.operationsOfEvaluation / share.floatingPointOperations
    #expect(0.4 < ratio && ratio < 0.6, "\(ratio)")
  }

  /// The tower's layers come first among those that are recomputed; what it takes grows with images.
  @Test func aTrainedTowerCounts() throws {
    let golden = try GoldenCase("vision")
    var (size, without) = (size, golden.plan)
    (size.images, size.imagesOfStep) = (4, 12)
    without.trainsVision = false
    func estimate(_ plan: TrainingPlan, recomputed: Int = 0) -> RunEstimate {
      RunEstimate(golden.start, plan, size, recomputedLayers: recomputed)
    }
    let (frozen, trained) = (estimate(without), estimate(golden.plan))
    let vision = try #require(golden.start.shapes(golden.plan).vision)
    let count = vision.named.reduce(0) { $0 + $1.value.reduce(1, *) }
    #expect(trained.weights == frozen.weights + 4 * count)
    #expect(trained.states == frozen.states + 4 * count * 4)
    #expect(trained.activations > frozen.activations && trained.workspace >= frozen.workspace)
    #expect(trained.floatingPointOperations > frozen.floatingPointOperations)
    // Two of its three layers run, before the decoder's one.
    for (count, layers) in [(0, (0, 0)), (1, (1, 0)), (2, (2, 0)), (3, (2, 1)), (.max, (2, 1))] {
      let found = estimate(golden.plan, recomputed: count)
      #expect(found.recomputedVisionLayers == layers.0)
      #expect(found.recomputedLanguageLayers == layers.1)
      #expect(count == 0 || found.floatingPointOperations > trained.floatingPointOperations)
    }
    let least = estimate(golden.plan, recomputed: 3)
    let fitting = RunEstimate.fitting(golden.start, golden.plan, size, memory: least.memory)
    #expect(fitting.map { $0.memory <= least.memory } == true)
    size.images = 0
    #expect(estimate(golden.plan).activations == frozen.activations)
  }

  @Test func asFewLayersAsFitAreRecomputed() throws {
    var start = start
    start.languageConfig.layers = 9
    let plan = Fixture.projectorAlone
    let memories = (0...9).map {
      RunEstimate(start, plan, size, recomputedLayers: $0).memory
    }
    for limit in Set(memories.flatMap { [$0 - 1, $0, $0 + 1] }) {
      let found = RunEstimate.fitting(start, plan, size, memory: limit)
      #expect(found?.recomputedLayers == memories.firstIndex { $0 <= limit }, "\(limit) bytes")
    }
    #expect(RunEstimate.fitting(start, plan, size, memory: 0) == nil)
  }
}
