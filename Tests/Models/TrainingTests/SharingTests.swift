// Questions about one picture beside each other: as if each stood alone, at less work.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Training

@Suite struct SharingTests {
  /// Three questions about one picture, one about another, and one of the first's once more.
  private func sequences(_ fixture: Fixture) throws -> [TrainingSequence] {
    var random = SeededGenerator(seed: 3)
    let pictures = try (0..<2).map { _ in try Tensor(random.floats(24), shape: [4, 6]) }
    let questions: [(picture: Int, ids: [Int32])] = [
      (0, [5, 6, 7, 8, 9]), (0, [5, 6, 7, 4, 3, 2]), (0, [5, 6, 9]), (1, [5, 6, 9, 9]),
      (0, [5, 6, 7, 8, 9]),
    ]
    return try questions.enumerated().map { index, question in
      try TrainingSequence(
        id: "q\(index)",
        tokens: Prompt.Tokens(
          ids: question.ids, imagePositions: [1], imageOrder: [0],
          lossSpans: [2..<question.ids.count]),
        images: [pictures[question.picture]],
        limits: TrainingSequence.Limits(
          maxLength: 64, vocabularyRows: fixture.start.language.embedding.rows))
    }
  }

  @Test(arguments: Fixture.plans, [KeptActivations.everything, .inputs])
  func lossesAndGradientsAreThoseOfSeparateRecords(plan: TrainingPlan, kept: KeptActivations)
    throws
  {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(plan, kept: kept)
    let sequences = try sequences(fixture)
    let apart = try trainer.gradients(of: MicroBatch(sequences, firstPlace: 0))
    let batch = MicroBatch(sequences, firstPlace: 0, sharing: true)
    // 43 positions apart. Of another picture's question only the first token is shared.
    #expect(batch.length == 43 - 7 - 6 - 1 - 1)
    let shared = try trainer.gradients(of: batch)
    #expect(shared.loss == apart.loss, "the same bits: each attends to the same rows")
    for (found, expected) in zip(shared.values.named, apart.values.named) {
      let name = found.name
      let (found, expected) = (found.value.floatValues, expected.value.floatValues)
      let largest = expected.reduce(0) { max($0, abs($1)) }
      let distance = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(distance <= 2e-6 * largest, "\(name): \(distance) of \(largest)")
      #expect(largest > 0)
    }
  }

  @Test func threadsChangeNothing() throws {
    var states: Set<String> = []
    for threads in [1, 3] {
      let fixture = try Fixture(threads: threads, precision: .bf16)
      let trainer = try fixture.trainer(Fixture.everything)
      try trainer.step(MicroBatch(try sequences(fixture), firstPlace: 0, sharing: true))
      states.insert(trainer.state)
    }
    #expect(states.count == 1)
  }

  /// What is drawn for a row that several have is drawn for the first of them.
  @Test func dropoutDrawsForTheFirst() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.adapter, dropout: 0.5)
    let sequences = try Array(sequences(fixture).prefix(1))
    let apart = try trainer.gradients(of: MicroBatch(sequences, firstPlace: 3)).loss
    let twice = MicroBatch(sequences + sequences, firstPlace: 3, sharing: true)
    #expect(try trainer.gradients(of: twice).loss.sum == 2 * apart.sum)
  }
}
