// A step by its definition: norms of the loss, clipping, rates, decay, and what has no gradient.
// SPDX-License-Identifier: Apache-2.0
import Tensors
import TestSupport
import Testing

@testable import Training

struct StepTests {
  /// The gradients of a step times their factor, as `look` sees them.
  private func step(_ trainer: Trainer, _ batches: [MicroBatch]) throws -> (
    report: StepReport, gradients: [Double]
  ) {
    for batch in batches { try trainer.add(batch) }
    var seen: [Double] = []
    let report = try trainer.finishStep { gradients, factor in
      seen = gradients.values.flatMap(\.floatValues).map { Double($0) * factor }
    }
    return (report, seen)
  }

  private func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test(arguments: LossNorm.allCases)
  func lossesAreNormalised(lossNorm: LossNorm) throws {
    var fixture = try Fixture()
    fixture.options.lossNorm = lossNorm
    let batches = [
      try fixture.batch(1, sequences: 1), try fixture.batch(2, sequences: 3),
      try fixture.batch(3, sequences: 2),
    ]
    let trainer = try fixture.trainer(Fixture.projectorAlone)
    let parts = try batches.map { try trainer.gradients(of: $0) }
    let counts = parts.map { Double($0.loss.targets) }
    #expect(Set(counts).count == 3)
    // What each micro-batch's sum over its tokens counts for.
    let shares: [Double] =
      switch lossNorm {
      case .micro: counts.map { 1 / $0 / 3 }
      case .token: counts.map { _ in 1 / counts.reduce(0, +) }
      }
    let expected = zip(parts, shares).reduce(0) { $0 + $1.0.loss.sum * $1.1 }
    let (report, gradients) = try step(trainer, batches)
    #expect(abs(report.loss - expected) < 1e-6 * expected)
    var sums = [Double](repeating: 0, count: gradients.count)
    for (part, share) in zip(parts, shares) {
      for (index, value) in part.values.values.flatMap(\.floatValues).enumerated() {
        sums[index] += Double(value) * share
      }
    }
    let largest = sums.map(abs).max() ?? 0
    #expect(largest > 0)
    #expect(zip(gradients, sums).allSatisfy { abs($0 - $1) < 1e-5 * largest })
    #expect(abs(report.gradientNorm - norm(gradients)) < 1e-6 * report.gradientNorm)
    #expect(
      report.targets == Int(counts.reduce(0, +))
        && report.tokens == batches.map(\.length).reduce(0, +))
    #expect(report.ids == ["r1.0", "r2.0", "r2.1", "r2.2", "r3.0", "r3.1"])
  }

  /// After one step the first moments are (1 - beta1) times the clipped gradients.
  @Test(arguments: [0, 0.01, 1e9])
  func gradientsAreClipped(clip: Double) throws {
    var fixture = try Fixture()
    fixture.options.clip = clip
    let trainer = try fixture.trainer(Fixture.projectorAlone)
    let (report, gradients) = try step(trainer, [try fixture.batch(1)])
    let factor = clip == 0.01 ? clip / (norm(gradients) + 1e-6) : 1
    #expect(norm(gradients) > 0.02 && report.gradientNorm > 0.02)
    let moments = trainer.kept("first_moments").flatMap { $0.value?.floatValues ?? [] }
    let expected = gradients.map { 0.1 * $0 * factor }
    expectClose(moments, expected, within: expected.map { 1e-6 * abs($0) + 1e-12 })
  }

  /// AdamW's first step is the rate times the sign of the gradient, whatever its size.
  @Test func parametersFollowTheirOwnRates() throws {
    var fixture = try Fixture()
    fixture.options.weightDecay = 0
    fixture.options.clip = 0
    fixture.options.projectorRate = 0.125
    fixture.options.rate = 0.5
    let trainer = try fixture.trainer(Fixture.everything)
    let before = trainer.masters.values.map(\.floatValues)
    let report = try trainer.step(fixture.batch(1))
    #expect(report.rate == 0.5)
    for (index, (name, master)) in trainer.masters.named.enumerated() {
      let moved = zip(before[index], master.floatValues).map { abs($0 - $1) }.max() ?? 0
      let rate: Float = name.hasPrefix("projector.") ? 0.125 : 0.5
      #expect(abs(moved - rate) < 1e-3 * rate, "\(name)")
    }
  }

  /// Text alone gives the projector no gradient: decay moves its weights, its biases stay.
  @Test func textMovesTheProjectorByDecayAndMoments() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.everything)
    let (weight, bias) = (
      try #require(trainer.masters["projector.0.weight"]),
      try #require(trainer.masters["projector.0.bias"])
    )
    let (weights, biases) = (weight.floatValues, bias.floatValues)
    try trainer.step(fixture.batch(1, image: false))
    let decayed = weights.map { $0 * Float(1 - 1e-2 * 0.1) }
    #expect(fault(weight.floatValues, decayed, relative: 1e-6) == nil)
    #expect(weight.floatValues != weights && bias.floatValues == biases)
    func moment(_ name: String) throws -> Tensor {
      try #require(trainer.kept("first_moments").first { $0.name == name }?.value)
    }
    #expect(try moment("projector.0.weight").floatValues.allSatisfy { $0 == 0 })
    // After a batch with images the moments carry the parameters on.
    try trainer.step(fixture.batch(2))
    let moment = try moment("projector.0.bias")
    let (moved, moments) = (bias.floatValues, moment.floatValues)
    #expect(moved != biases && moments.contains { $0 != 0 })
    try trainer.step(fixture.batch(3, image: false))
    #expect(bias.floatValues != moved)
    #expect(fault(moment.floatValues, moments.map { 0.9 * $0 }, relative: 1e-6) == nil)
  }

  @Test func aFirstWarmUpStepMovesNothing() throws {
    var fixture = try Fixture()
    fixture.options.schedule = Schedule(.cosine, warmupSteps: 2, totalSteps: 5)
    let trainer = try fixture.trainer(Fixture.everything)
    let before = trainer.masters.values.map(\.floatValues)
    let report = try trainer.step(fixture.batch(1))
    #expect(report.rate == 0 && trainer.masters.values.map(\.floatValues) == before)
    #expect(
      trainer.kept("second_moments").contains { $0.value?.floatValues.contains { $0 > 0 } == true })
    #expect(try trainer.step(fixture.batch(2)).rate == 0.5e-2)
    #expect(trainer.masters.values.map(\.floatValues) != before)
  }
}
