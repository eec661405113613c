// NaN or infinity ends the run with its record, step and tensor, and changes nothing.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import InputOutput
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Training

struct NotFiniteTests {
  private func failure(_ body: () throws -> Void) throws -> Failure {
    do { try body() } catch { return try #require(error as? Failure) }
    Issue.record("expected a failure")
    throw Failure(.internalError, code: "test", "none")
  }

  /// A sequence whose features hold `value` in one place.
  private func sequence(_ value: Float, others: Float = 0.5, id: String) throws -> TrainingSequence
  {
    var numbers = [Float](repeating: others, count: 24)
    numbers[13] = value
    return try TrainingSequence(
      id: id,
      tokens: Prompt.Tokens(
        ids: [1, 2, 3, 4], imagePositions: [1], imageOrder: [0], lossSpans: [2..<4]),
      images: [try Tensor(numbers, shape: [4, 6])],
      limits: TrainingSequence.Limits(maxLength: 64, vocabularyRows: 8))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func featuresAreNamed(value: Float) throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.projectorAlone)
    try trainer.step(fixture.batch(1))
    let before = trainer.state
    let batch = MicroBatch(
      [
        try fixture.sequence(1, 0), try sequence(value, id: "bad\u{1b}"),
        try sequence(value, id: "c"),
      ],
      firstPlace: 0)
    try trainer.add(fixture.batch(2))
    let failure = try failure { try trainer.add(batch) }
    #expect(failure.status == .notFinite && failure.status.rawValue == 7)
    #expect(failure.code == "training/not-finite")
    #expect(failure.place == "step 2: record id=\(escapedForTerminal("bad\u{1b}"))")
    #expect(failure.message.contains("features") && failure.remedy?.isEmpty == false)
    #expect(!failure.spoilsRecordOnly)
    #expect(trainer.state == before && trainer.finishedSteps == 1)
    // The run could go on without that record.
    trainer.dropStep()
    #expect(try trainer.step(fixture.batch(2)).loss.isFinite)
  }

  @Test func parametersAreNamed() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.everything)
    let name = "language.layers.1.mlp.up_proj.weight"
    try #require(trainer.masters[name]).mutableFloats[5] = .nan
    let before = trainer.state
    let failure = try failure { try trainer.add(fixture.batch(1)) }
    #expect(failure.place == "step 1: record id=r1.0" && failure.status == .notFinite)
    #expect(failure.message.contains(name))
    #expect(trainer.state == before)
  }

  /// The logits of huge weights are infinite though every number is one.
  @Test func overflowingLogitsAreNamed() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.everything)
    let head = try #require(trainer.masters["language.lm_head.weight"])
    for index in 0..<head.count { head.mutableFloats[index] *= 1e38 }
    try #require(head.floatValues.allSatisfy { $0.isFinite })
    let failure = try failure { try trainer.add(fixture.batch(1)) }
    #expect(failure.message.contains("logits") && failure.place?.hasPrefix("step 1: ") == true)
  }

  /// The loss is a number, its gradients are not: that is seen at the end of the step.
  @Test func gradientsAreNamed() throws {
    let fixture = try Fixture()
    let trainer = try fixture.trainer(Fixture.projectorAlone)
    // Features of 1e20 meet zeros on their way up; what comes down is 1e25 times as large.
    for name in ["projector.0.weight", "projector.0.bias"] {
      fixture.operations.clear(try #require(trainer.masters[name]))
    }
    fixture.operations.scale(try #require(trainer.masters["projector.2.weight"]), by: 1e25)
    let before = trainer.state
    let sequences = try (0..<5).map { try sequence(1e20, others: 1e20, id: "s\($0)") }
    try trainer.add(MicroBatch(Array(sequences[..<2]), firstPlace: 0))
    try trainer.add(MicroBatch(Array(sequences[2...]), firstPlace: 2))
    let failure = try failure { _ = try trainer.finishStep() }
    #expect(failure.status == .notFinite && failure.code == "training/not-finite")
    #expect(failure.place == "step 1: records id=s0, id=s1, id=s2 and 2 more")
    #expect(failure.message == "the gradient of projector.0.weight is not finite")
    #expect(trainer.state == before && trainer.finishedSteps == 0)
  }
}
