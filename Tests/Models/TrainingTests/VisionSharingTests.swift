// Pixels that several questions share: the tower sees them once, and nothing else differs.
// SPDX-License-Identifier: Apache-2.0
import Operations
import TestSupport
import Testing

@testable import Training

@Suite struct VisionSharingTests {
  /// About pictures 0, 0, 0, 1, then 0 and 1, 0 and 2, and these once more with the second one cut.
  private func questions(_ fixture: VisionFixture) throws -> [TrainingSequence] {
    [
      try fixture.question("a", [0], [5, 6, 7, 8, 9]),
      try fixture.question("b", [0], [5, 6, 7, 4, 3, 2]),
      try fixture.question("c", [0], [5, 6, 9]),
      try fixture.question("d", [1], [5, 6, 9, 9]),
      try fixture.question("e", [0, 1], [5, 6, 7, 8]),
      try fixture.question("f", [0, 2], [5, 6, 7, 9]),
      try TrainingSequence(
        id: "g",
        tokens: .init(
          ids: [5, 6, 7], imagePositions: [1, 2], imageOrder: [0, 1], lossSpans: [1..<2]),
        images: [VisionFixture.picture(0), VisionFixture.picture(2)], pixelRows: 4,
        limits: .init(maxLength: 8, vocabularyRows: 33)),
    ]
  }

  @Test(arguments: VisionFixture.plans, [0, 2])
  func lossesAndGradientsAreThoseOfSeparateRecords(plan: TrainingPlan, recomputed: Int) throws {
    let fixture = try VisionFixture()
    let trainer = try fixture.trainer(plan, recomputed: (recomputed, recomputed / 2))
    let questions = try questions(fixture)
    let (apart, shared) = (
      MicroBatch(questions, firstPlace: 0), MicroBatch(questions, firstPlace: 0, sharing: true)
    )
    #expect(apart.pixels.count == 10 && apart.sources == nil)
    // Of f the first picture is e's, and of g that one too: the cut one has other rows.
    #expect(shared.pixels.map(\.rows) == [4, 4, 4, 4, 4, 2])
    let (separate, together) = (
      try trainer.gradients(of: apart), try trainer.gradients(of: shared)
    )
    #expect(separate.loss == together.loss, "the same bits: each attends to the same rows")
    for (found, expected) in zip(together.values.named, separate.values.named) {
      // What is added to all keys alike moves no softmax: all that reaches it is rounding.
      if found.name.hasSuffix("k_proj.bias") { continue }
      let fault = fault(found.value.floatValues, expected.value.floatValues, relative: 2e-6)
      #expect(fault == nil, "\(found.name)")
      #expect(expected.value.floatValues.contains { $0 != 0 }, "\(found.name)")
    }
  }

  /// Two records of one picture alone: one run of the tower, and each loss that of its record.
  @Test func theTowerRunsOnceForAPicture() throws {
    let fixture = try VisionFixture()
    let trainer = try fixture.trainer()
    let pair = Array(try questions(fixture).prefix(2))
    let shared = MicroBatch(pair, firstPlace: 0, sharing: true)
    #expect(shared.pixels.count == 1 && shared.imageRows.count == 4)
    let losses = try pair.map { try trainer.gradients(of: MicroBatch([$0], firstPlace: 0)).loss }
    let together = try trainer.gradients(of: shared).loss
    #expect(together.targets == losses.reduce(0) { $0 + $1.targets })
    let sum = losses.reduce(0) { $0 + $1.sum }
    #expect(abs(together.sum - sum) < 1e-12 * sum)
    // Another picture of the same size is another one.
    let other = [pair[0], try fixture.question("b", [1], [5, 6, 7, 4, 3, 2])]
    #expect(MicroBatch(other, firstPlace: 0, sharing: true).pixels.count == 2)
  }

  @Test(arguments: Precision.allCases)
  func threadsChangeNothing(precision: Precision) throws {
    var states: Set<String> = []
    for threads in [1, 3] {
      var fixture = try VisionFixture(threads: threads, precision: precision)
      fixture.options.optimizer = .muon
      let trainer = try fixture.trainer()
      try trainer.step(MicroBatch(questions(fixture), firstPlace: 0, sharing: true))
      states.insert(trainer.state)
    }
    #expect(states.count == 1)
  }
}
