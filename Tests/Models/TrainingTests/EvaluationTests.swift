// Held-out loss and accuracy: those of training's own forward, and nothing of the state is touched.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import Glibc
import Operations
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Training

struct EvaluationTests {
  private func evaluation(_ trainer: Trainer, _ batches: MicroBatch...) throws -> Evaluation {
    var found = Evaluation()
    for batch in batches { try trainer.model.evaluate(batch, into: &found) }
    return found
  }

  @Test(arguments: Fixture.plans)
  func theLossIsTheOneThatTrainingHas(plan: TrainingPlan) throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(plan)
    for _ in 0..<2 { try trainer.step(fixture.batch(1), fixture.batch(2)) }
    let batch = try fixture.batch(3, sequences: 4)
    let trained = try trainer.gradients(of: batch).loss
    let before = trainer.state
    let found = try evaluation(trainer, batch)
    #expect(found.loss == trained.sum / Double(trained.targets))
    #expect(found.targets == trained.targets && found.records == 4 && found.firstBad == nil)
    #expect((0...1).contains(found.accuracy))
    #expect(trainer.state == before && trainer.finishedSteps == 2 && !trainer.hasMicroBatches)
  }

  /// Dropout is of training alone, and what layers keep is of their gradients.
  @Test func nothingButTheWeightsAndRecordsCounts() throws {
    let fixture = try Fixture()
    let batch = try fixture.batch(1, sequences: 5)
    let usual = try evaluation(fixture.trainer(Fixture.adapter), batch)
    let others = [
      try fixture.trainer(Fixture.adapter, dropout: 0.5),
      try fixture.trainer(Fixture.adapter, kept: .inputs),
      try Fixture(threads: 1).trainer(Fixture.adapter),
      try Fixture(threads: 5).trainer(Fixture.adapter),
    ]
    for trainer in others { #expect(try evaluation(trainer, batch) == usual) }
    // Dropout itself does something.
    let dropped = try others[0].gradients(of: batch).loss
    #expect(dropped.sum / Double(dropped.targets) != usual.loss)
    // However the records are cut into batches.
    let (all, trainer) = (batch.sequences, others[1])
    for size in 1...4 {
      var found = Evaluation()
      for start in stride(from: 0, to: all.count, by: size) {
        let part = Array(all[start..<min(all.count, start + size)])
        try trainer.model.evaluate(MicroBatch(part, firstPlace: 70), into: &found)
      }
      #expect(found == usual, "\(size) at a time")
    }
  }

  @Test func stepsBetweenEvaluationsAreTheSameSteps() throws {
    let fixture = try Fixture()
    let (plain, watched) = (
      try fixture.trainer(Fixture.adapter, dropout: 0.1),
      try fixture.trainer(Fixture.adapter, dropout: 0.1)
    )
    for number in 1...3 {
      try plain.step(fixture.batch(number))
      try watched.step(fixture.batch(number))
      _ = try evaluation(watched, fixture.batch(9))
      #expect(watched.state == plain.state)
    }
  }

  /// The token with the largest logit is the one that as a label has the smallest loss.
  @Test func aHitIsTheTokenThatWouldBeChosen() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.everything)
    let vocabulary = fixture.start.language.embedding.rows
    for number in 0..<3 {
      let sequence = try fixture.sequence(number, 0)
      var losses: [Double] = []
      var hits: [Int] = []
      for label in 0..<Int32(vocabulary) {
        let batch = MicroBatch([try relabelled(sequence, label)], firstPlace: 0)
        let found = try evaluation(trainer, batch)
        losses.append(try #require(found.loss))
        if found.hits == 1 { hits.append(Int(label)) }
      }
      #expect(hits.count == 1 && losses.firstIndex(of: losses.min() ?? 0) == hits.first)
    }
  }

  /// The sequence with `label` as its last token, the only one that is learned.
  private func relabelled(_ sequence: TrainingSequence, _ label: Int32) throws -> TrainingSequence {
    guard case .tokens(let ids)? = sequence.parts.last else { throw CancellationError() }
    let all = ids + [label]
    return try TrainingSequence(
      id: "x",
      tokens: Prompt.Tokens(
        ids: all, imagePositions: [], imageOrder: [], lossSpans: [ids.count..<all.count]),
      images: [], limits: TrainingSequence.Limits(maxLength: 64, vocabularyRows: 1 << 20))
  }

  @Test func ofEqualLogitsTheFirstIsTheLargest() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.everything)
    fixture.operations.clear(try #require(trainer.masters["language.lm_head.weight"]))
    let sequence = try fixture.sequence(1, 0)
    for (label, hits) in [(Int32(0), 1), (1, 0), (7, 0)] {
      let batch = MicroBatch([try relabelled(sequence, label)], firstPlace: 0)
      let found = try evaluation(trainer, batch)
      #expect(found.hits == hits)
      let loss = log(Double(fixture.start.language.embedding.rows))
      #expect(abs((found.loss ?? 0) - loss) < 1e-5)
    }
  }

  @Test func lossesThatAreNoNumbersAreNamed() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.everything)
    let good = try fixture.batch(1)
    let head = try #require(trainer.masters["language.lm_head.weight"])
    for index in 0..<head.count { head.mutableFloats[index] *= 1e38 }
    let found = try evaluation(trainer, good, fixture.batch(2))
    #expect(found.loss == nil && found.firstBad == good.sequences[0].id)
    #expect(found.records == 4 && found.targets > 0)
    try #require(trainer.masters["language.norm.weight"]).mutableFloats[0] = .nan
    #expect(try evaluation(trainer, good).hits == 0)
  }

  @Test func featuresThatAreNoNumbersAreSeen() throws {
    let fixture = try Fixture()
    #expect(try fixture.sequence(1, 0).hasFiniteFeatures(fixture.operations))
    #expect(try fixture.sequence(1, 0, image: false).hasFiniteFeatures(fixture.operations))
    for value in [Float.nan, .infinity, -.infinity] {
      var numbers = [Float](repeating: 0.5, count: 24)
      numbers[23] = value
      let sequence = try TrainingSequence(
        id: "a",
        tokens: Prompt.Tokens(
          ids: [1, 2, 3], imagePositions: [1], imageOrder: [0], lossSpans: [2..<3]),
        images: [try Tensor(numbers, shape: [4, 6])],
        limits: TrainingSequence.Limits(maxLength: 64, vocabularyRows: 8))
      #expect(try !sequence.hasFiniteFeatures(fixture.operations))
    }
  }
}
