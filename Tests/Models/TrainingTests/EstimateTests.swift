// What a run will take: memory by kind, as few recomputed layers as fit, and what fits instead.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Testing

@testable import Decoders
@testable import Training

struct EstimateTests {
  private let fixture: Fixture
  private let start: StartingPoint
  private let size = RunSize(rows: 100, rowsOfStep: 300, targetsOfStep: 50, accumulation: 3)

  init() throws {
    fixture = try Fixture()
    start = fixture.start
  }

  private func estimate(
    _ plan: TrainingPlan = Fixture.projectorAlone, _ size: RunSize? = nil, recomputed: Int = 0
  ) throws -> RunEstimate {
    try fixture.estimate(plan, size ?? self.size, recomputed: recomputed)
  }

  @Test func statesAreMomentsAndTheTreesBuffers() throws {
    for plan in Fixture.plans {
      let trained = start.shapes(plan).values.reduce(0) { $0 + $1.reduce(1, *) }
      for (accumulation, buffers) in [(1, 1), (2, 2), (3, 2), (4, 3), (128, 8)] {
        var size = size
        size.accumulation = accumulation
        #expect(try estimate(plan, size).states == 4 * trained * (2 + buffers))
      }
    }
    // Frozen weights lie in their files, trained ones are f32 copies instead.
    let frozen = start.language.named.reduce(0) { $0 + $1.value.byteCount }
    let projector = start.shapes(Fixture.projectorAlone).values.reduce(0) { $0 + $1.reduce(1, *) }
    #expect(try estimate().weights == frozen + 4 * projector)
    let whole = start.shapes(Fixture.everything).values.reduce(0) { $0 + $1.reduce(1, *) }
    #expect(try estimate(Fixture.everything).weights == 4 * whole)
    var size = size
    size.embeddingBytes = 40
    let unread = start.language.embedding.byteCount - 40
    #expect(try estimate(Fixture.projectorAlone, size).weights == frozen + 4 * projector - unread)
  }

  @Test func recomputingTakesLessMemoryAndMoreWork() throws {
    let layers = start.languageConfig.layers
    for plan in Fixture.plans {
      let (kept, inputs) = (try estimate(plan), try estimate(plan, recomputed: layers))
      let row = LanguageModel.keptBytesPerRow(
        start.languageConfig, rank: plan.adapterScale?.rank ?? 0)
      #expect(kept.activations >= 100 * layers * row.everything)
      #expect(inputs.activations >= 100 * (layers * row.input + row.everything))
      #expect(inputs.memory < kept.memory)
      #expect(inputs.floatingPointOperations > kept.floatingPointOperations)
      #expect(try estimate(plan, recomputed: .max) == inputs)
    }
    #expect(
      try estimate(Fixture.everything).floatingPointOperations
        > estimate().floatingPointOperations)
  }

  /// Between two steps there are no activations: the larger of both counts.
  @Test func anEvaluationCountsWhereItTakesMore() throws {
    let plain = try estimate()
    #expect(plain.evaluation == 0 && plain.operationsOfEvaluation == 0)
    var size = size
    for rows in [10, 3000] {
      size.evaluation = EvaluationSize(rows: rows, allRows: 3 * rows, targets: 9, count: 3)
      let found = try estimate(Fixture.projectorAlone, size)
      #expect(found.evaluation > 0 && found.activations == plain.activations)
      #expect(
        found.memory == plain.memory - plain.activations + max(plain.activations, found.evaluation))
      let row = LanguageModel.keptBytesPerRow(start.languageConfig, rank: 0)
      #expect(found.evaluation >= rows * row.everything)
    }
    // Forward alone: about half of what a step over as many rows takes.
    size.evaluation = EvaluationSize(rows: 100, allRows: 300, targets: 50, count: 3)
    let share = try estimate(Fixture.projectorAlone, size)
    let ratio = share.operationsOfEvaluation / share.floatingPointOperations
    #expect(0.4 < ratio && ratio < 0.6, "\(ratio)")
  }

  /// The tower's layers come first among those that are recomputed; what it takes grows with images.
  @Test func aTrainedTowerCounts() throws {
    let golden = try GoldenCase("vision")
    var (size, without) = (size, golden.plan)
    (size.batch.images, size.imagesOfStep) = (4, 12)
    without.trainsVision = false
    func estimate(_ plan: TrainingPlan, recomputed: Int = 0) throws -> RunEstimate {
      try RunEstimate(
        golden.start, plan, size, recomputedLayers: recomputed,
        counting: fixture.operations.counting)
    }
    let (frozen, trained) = (try estimate(without), try estimate(golden.plan))
    let vision = try #require(golden.start.shapes(golden.plan).vision)
    let count = vision.named.reduce(0) { $0 + $1.value.reduce(1, *) }
    #expect(trained.weights == frozen.weights + 4 * count)
    #expect(trained.states == frozen.states + 4 * count * 4)
    #expect(trained.activations > frozen.activations)
    #expect(trained.floatingPointOperations > frozen.floatingPointOperations)
    // Two of its three layers run, before the decoder's one.
    for (count, layers) in [(0, (0, 0)), (1, (1, 0)), (2, (2, 0)), (3, (2, 1)), (.max, (2, 1))] {
      let found = try estimate(golden.plan, recomputed: count)
      #expect(found.recomputedVisionLayers == layers.0)
      #expect(found.recomputedLanguageLayers == layers.1)
      #expect(count == 0 || found.floatingPointOperations > trained.floatingPointOperations)
    }
  }

  @Test func asFewLayersAsFitAreRecomputed() throws {
    let layers = start.languageConfig.layers
    let memories = try (0...layers).map { try estimate(recomputed: $0).memory }
    for limit in Set(memories.flatMap { [$0 - 1, $0, $0 + 1] }) {
      let found = try RunEstimate.fitting(start, Fixture.projectorAlone, memory: limit) {
        try estimate(recomputed: $0)
      }
      #expect(found?.recomputedLayers == memories.firstIndex { $0 <= limit }, "\(limit) bytes")
    }
  }

  /// Nothing is allocated, and nothing overflows, whatever is asked for.
  @Test func whatNoMachineHoldsIsCounted() throws {
    let rows = 65536 * 4096
    var size = RunSize(rows: rows, rowsOfStep: 1e9, targetsOfStep: 1e8, accumulation: 65536)
    size.batch.records = 65536
    let row = LanguageModel.keptBytesPerRow(start.languageConfig, rank: 0)
    let found = try estimate(Fixture.projectorAlone, size)
    #expect(found.activations >= rows * start.languageConfig.layers * row.everything)
  }
}
