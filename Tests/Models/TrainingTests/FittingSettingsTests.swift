// What a refusal proposes fits by the estimate that refused.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import TestSupport
import Testing

@testable import Training

struct FittingSettingsTests {
  /// As an estimate grows: with records at once, their length, rank, states and gradients' sums.
  private func memory(_ run: RunVariation, _ layers: Int) -> Int {
    let trained: Int
    switch run.plan.language {
    case .frozen: trained = 1000
    case .full: trained = 4_000_000
    case .adapter(let scale): trained = 1000 + 4000 * scale.rank
    }
    let states = trained * (run.optimizer == .muon ? 8 : 12)
    let sums = trained * 4 * GradientSum.buffers(microBatches: run.accumulation)
    return 500_000 + states + sums + run.microBatch * run.maxLength * layers * 100
  }

  @Test func proposalsFit() throws {
    var random = SeededGenerator(seed: 3)
    var several = 0
    for _ in 0..<amount(300, soak: 20_000) {
      let layers = Int.random(in: 1...40, using: &random)
      let languages: [TrainingPlan.Language] = [
        .frozen, .full,
        .adapter(AdapterScale(rank: Int.random(in: 1...256, using: &random), alpha: 1)),
      ]
      let run = RunVariation(
        plan: TrainingPlan(
          language: languages[Int.random(in: 0..<3, using: &random)], trainsProjector: true),
        optimizer: .adamw, microBatch: Int.random(in: 1...24, using: &random),
        accumulation: Int.random(in: 1...9, using: &random),
        maxLength: Int.random(in: 40...2048, using: &random), recomputedLayers: nil)
      let whole = memory(run, layers)
      let available = Int.random(in: whole / 8..<whole, using: &random)
      let settings = FittingSettings(available: available, shortest: 33, hasFreeRank: true) {
        memory($0, layers)
      }
      let found = try settings.proposals(for: run)
      for (proposal, bytes) in found {
        #expect(bytes <= available && bytes == memory(proposal, layers) && proposal != run)
        #expect(
          proposal.microBatch * proposal.accumulation == run.microBatch * run.accumulation)
        #expect(proposal.maxLength == run.maxLength || proposal.maxLength % 32 == 0)
        #expect(proposal.maxLength >= 33)
      }
      several += found.count > 1 ? 1 : 0
      // The smallest that may be proposed: lengths are cut to multiples of 32.
      var smallest = try settings.least(for: run).run
      smallest.maxLength = 64
      if run.maxLength > 64, memory(smallest, layers) <= available { #expect(!found.isEmpty) }
    }
    #expect(several > 20)
  }

  @Test func layersThatWereForbiddenComeFirst() throws {
    var run = RunVariation(
      plan: TrainingPlan(language: .frozen, trainsProjector: true), optimizer: .adamw,
      microBatch: 1, accumulation: 1, maxLength: 100, recomputedLayers: 0)
    let settings = FittingSettings(available: 10, shortest: 100, hasFreeRank: true) {
      $0.recomputedLayers == nil ? 9 : 11
    }
    let found = try settings.proposals(for: run)
    run.recomputedLayers = nil
    #expect(found.count == 1 && found.first?.run == run && found.first?.memory == 9)
  }
}
