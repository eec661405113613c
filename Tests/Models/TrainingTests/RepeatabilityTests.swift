// The same bytes for every number of threads, whatever layers keep, and next to any neighbour.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Operations
import Tensors
import TestSupport
import Testing

@testable import Training

struct RepeatabilityTests {
  /// What two steps leave, with their losses and norms.
  private func run(
    _ plan: TrainingPlan, threads: Int = 2, kept: KeptActivations = .everything,
    dropout: Double = 0, precision: Precision = .f32
  ) throws -> (state: String, numbers: [Double]) {
    let fixture = try Fixture(threads: threads, precision: precision)
    let trainer = try fixture.trainer(plan, kept: kept, dropout: dropout)
    let reports = [
      try trainer.step(fixture.batch(1), fixture.batch(2, sequences: 3), fixture.batch(3)),
      try trainer.step(fixture.batch(4)),
    ]
    return (trainer.state, reports.flatMap { [$0.loss, $0.gradientNorm] })
  }

  @Test(arguments: Fixture.plans, Precision.allCases)
  func threadsChangeNothing(plan: TrainingPlan, precision: Precision) throws {
    let one = try run(plan, threads: 1, precision: precision)
    #expect(one.numbers.allSatisfy { $0.isFinite && $0 > 0 })
    for threads in [2, 3] {
      let other = try run(plan, threads: threads, precision: precision)
      #expect(other.state == one.state && other.numbers == one.numbers, "\(threads) threads")
    }
  }

  @Test(arguments: Fixture.plans, [0, 0.3])
  func whatLayersKeepChangesNothing(plan: TrainingPlan, dropout: Double) throws {
    let everything = try run(plan, dropout: dropout)
    for kept in [KeptActivations.inputs, KeptActivations(recomputedLayers: 1)] {
      let other = try run(plan, kept: kept, dropout: dropout)
      #expect(other.state == everything.state && other.numbers == everything.numbers, "\(kept)")
    }
  }

  @Test func dropoutDependsOnSeedAndPlaceAlone() throws {
    let fixture = try Fixture()
    func loss(_ sequences: [TrainingSequence], place: Int, seed: UInt64, share: Double = 0.5)
      throws -> Double
    {
      let masters = try fixture.start.masters(
        Fixture.adapter, seed: 7, adapterDeviation: 1, operations: fixture.operations)
      var model = try TrainingModel(
        fixture.start, Fixture.adapter, masters: masters, operations: fixture.operations)
      (model.dropout, model.seed) = (share, seed)
      let unused = try masters.map { try Tensor(.f32, shape: $1.shape) }
      return try model.addGradients(
        of: MicroBatch(sequences, firstPlace: place), factor: 1, to: unused
      ).sum
    }
    let one = try fixture.sequence(1, 0)
    let usual = try loss([one], place: 5, seed: 1)
    #expect(try loss([one], place: 5, seed: 1) == usual)
    #expect(try loss([one], place: 6, seed: 1) != usual)
    #expect(try loss([one], place: 5, seed: 2) != usual)
    #expect(try loss([one], place: 5, seed: 1, share: 0) != usual)
    // Second of a batch that begins a place earlier: the same draws.
    let other = try fixture.sequence(2, 3)
    let pair = try loss([other, one], place: 4, seed: 1)
    #expect(abs(pair - (try loss([other], place: 4, seed: 1)) - usual) < 1e-9 * abs(pair))
  }

  @Test(arguments: Fixture.plans)
  func neighboursChangeNoLoss(plan: TrainingPlan) throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(plan)
    let sequences = try [
      fixture.sequence(1, 0), fixture.sequence(2, 5), fixture.sequence(3, 1, image: false),
    ]
    let alone = try sequences.map { sequence in
      try trainer.gradients(of: MicroBatch([sequence], firstPlace: 0)).loss
    }
    for subset in [[0, 1], [1, 0], [0, 2], [2, 0, 1]] {
      let batch = MicroBatch(subset.map { sequences[$0] }, firstPlace: 0)
      let loss = try trainer.gradients(of: batch).loss
      #expect(loss.targets == subset.reduce(0) { $0 + alone[$1].targets })
      // Sums of f32 losses in f64: their order alone may round.
      let expected = subset.reduce(0) { $0 + alone[$1].sum }
      #expect(abs(loss.sum - expected) < 1e-12 * expected, "\(subset)")
    }
  }

  @Test func droppedStepsLeaveNothing() throws {
    let fixture = try Fixture()
    let (one, other) = (
      try fixture.trainer(Fixture.everything), try fixture.trainer(Fixture.everything)
    )
    try one.step(fixture.batch(1))
    try other.add(fixture.batch(2))
    try other.add(fixture.batch(3))
    #expect(other.hasMicroBatches)
    other.dropStep()
    #expect(!other.hasMicroBatches && other.finishedSteps == 0)
    try other.step(fixture.batch(1))
    #expect(one.state == other.state)
  }

  @Test func trainersGoOnWhereOthersStopped() throws {
    let fixture = try Fixture()
    let whole = try fixture.trainer(Fixture.everything)
    for number in 1...4 { try whole.step(fixture.batch(number)) }
    let first = try fixture.trainer(Fixture.everything)
    for number in 1...2 { try first.step(fixture.batch(number)) }
    let second = try Trainer(
      model: first.model, masters: first.masters, options: first.options,
      resuming: (first.finishedSteps, first.states))
    for number in 3...4 { try second.step(fixture.batch(number)) }
    #expect(second.finishedSteps == 4 && second.state == whole.state)
  }
}
