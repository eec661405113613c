// Which rate each part of a model has, and that steps of both optimisers take it.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Training

struct RateTests {
  private static let parts = [
    "language.layers.0.mlp.up_proj.weight", "projector.0.weight", "vision.layers.0.mlp.fc1.weight",
  ]

  /// Given: 2 for the projector, 4 for the tower, 8 for Muon; 1 for all. Expected: of the parts above,
  /// where AdamW changes them, and where Muon does.
  private static let rows:
    [(projector: Bool, vision: Bool, muon: Bool, adamw: [Double], byMuon: [Double])] = [
      (false, false, false, [1, 1, 1], [1, 1, 1]),
      (false, false, true, [1, 1, 1], [8, 8, 8]),
      (true, false, false, [1, 2, 1], [1, 2, 1]),
      (false, true, false, [1, 1, 4], [1, 1, 4]),
      (true, false, true, [1, 2, 1], [8, 2, 8]),
      (false, true, true, [1, 1, 4], [8, 8, 4]),
      (true, true, false, [1, 2, 4], [1, 2, 4]),
      (true, true, true, [1, 2, 4], [8, 2, 4]),
    ]

  @Test(arguments: rows.indices)
  func aPartsOwnRateGoesBeforeMuons(row: Int) {
    let row = Self.rows[row]
    var options = OptimizerOptions(
      rate: 1, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 1))
    if row.projector { options.projectorRate = 2 }
    if row.vision { options.visionRate = 4 }
    if row.muon { options.muonRate = 8 }
    #expect(Self.parts.map { options.rate(of: $0) } == row.adamw)
    #expect(Self.parts.map { options.rate(of: $0, method: .adamw) } == row.adamw)
    #expect(Self.parts.map { options.rate(of: $0, method: .muon) } == row.byMuon)
  }

  /// A rate twice as large moves what has it twice as far in the first step, and nothing else farther.
  @Test(arguments: [Optimizer.adamw, .muon])
  func stepsTakeThem(optimizer: Optimizer) throws {
    func moved(_ change: (inout OptimizerOptions) -> Void) throws -> [String: [Float]] {
      var fixture = try VisionFixture()
      fixture.options.optimizer = optimizer
      fixture.options.rate = 0.0625
      (fixture.options.projectorRate, fixture.options.visionRate) = (0.125, 0.25)
      fixture.options.muonRate = 0.5
      fixture.options.clip = 0
      change(&fixture.options)
      let trainer = try fixture.trainer()
      let before = trainer.masters.values.map(\.floatValues)
      try trainer.step(fixture.batch(1))
      let named = zip(trainer.masters.named, before).map { parameter, before in
        (parameter.name, zip(parameter.value.floatValues, before).map { $0 - $1 })
      }
      return Dictionary(uniqueKeysWithValues: named)
    }
    let usual = try moved { _ in }
    func isMuons(_ name: String) -> Bool {
      optimizer == .muon && name.hasPrefix("language.layers.") && !name.contains("norm")
    }
    let knobs: [(change: (inout OptimizerOptions) -> Void, moves: (String) -> Bool)] = [
      ({ $0.rate *= 2 }, { $0.hasPrefix("language.") && !isMuons($0) }),
      ({ $0.muonRate = 1 }, isMuons),
      ({ $0.projectorRate = 0.25 }, { $0.hasPrefix("projector.") }),
      ({ $0.visionRate = 0.5 }, { $0.hasPrefix("vision.") }),
    ]
    for (number, knob) in knobs.enumerated() {
      for (name, far) in try moved(knob.change) {
        let near = try #require(usual[name])
        #expect(near.contains { $0 != 0 }, "\(name)")
        // Sums with the parameter round.
        let expected = knob.moves(name) ? near.map { 2 * $0 } : near
        #expect(fault(far, expected, relative: 1e-5) == nil, "\(number): \(name)")
        if !knob.moves(name) { #expect(far == near, "\(number): \(name)") }
      }
    }
  }
}
