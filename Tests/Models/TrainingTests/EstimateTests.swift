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
