// Held-out records: which of them are evaluated, what they are refused for, and their lines in the log.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import Tensors
import TestSupport
import Testing

@testable import Training
@testable import TrainingRuns

struct HeldOutTests {
  private let directory: TemporaryDirectory
  private let fixture: RunFixture

  init() throws {
    directory = try TemporaryDirectory()
    fixture = try RunFixture()
  }

  private func records(
    _ samples: [Sample], _ seen: Seen = Seen(), maxLength: Int = 64,
    isFinite: (TrainingSequence) -> Bool = { _ in true }
  ) throws -> HeldOutRecords {
    let path = try directory.write(try stream(samples), to: "held.tsz")
    return try HeldOutRecords(
      path, limits: StreamLimits(), reader: RunFixture.reader(maxLength: maxLength),
      handling: seen.handling, warn: { _ in }, checkHeader: { _ in },
      isFinite: { (sequence) throws(Failure) in isFinite(sequence) })
  }

  @Test func whatCannotBeUsedIsLeftOutAtOnce() throws {
    var samples = Sample.some(7)
    samples[1].mark = SkipMark(code: "image/missing", message: "none")
    samples[3].counts = [40]
    samples[4].ids = [1, 99, 3]
    samples[4].loss = [2..<3]
    let seen = Seen()
    let found = try records(samples, seen) { $0.id != "s6" }
    #expect(found.count == 3)
    #expect(seen.passedOn == ["s1 image/missing"])
    #expect(
      seen.skipped == [
        "s4 prompt/token-range", "s3 stream/image-rows", "s6 training/not-finite",
      ])
    let evaluation = try found.evaluate(fixture.trainer().model, microBatch: 2)
    #expect(evaluation.records == 3 && evaluation.targets == found.targets && found.targets > 0)
    // Nothing is told twice.
    #expect(seen.skipped.count == 3 && seen.passedOn.count == 1)
    #expect(found.longest > 0 && found.longest <= found.positions && found.withImages == 1)
  }

  @Test func batchesAreOfNoEffect() throws {
    let found = try records(Sample.some(7))
    let model = try fixture.trainer().model
    let one = try found.evaluate(model, microBatch: 1)
    #expect(one.records == 7 && one.loss != nil)
    for size in [2, 3, 7, 100] {
      var progress: [Int] = []
      #expect(try found.evaluate(model, microBatch: size) { progress.append($0) } == one)
      #expect(progress.last == 7 && progress == progress.sorted())
      #expect(progress.count == (7 + size - 1) / size)
    }
  }

  @Test func longRecordsAreCut() throws {
    let (whole, cut) = (try records(Sample.some(5)), try records(Sample.some(5), maxLength: 6))
    #expect(whole.longest > 6 && cut.longest == 6 && cut.positions < whole.positions)
    #expect(cut.targets < whole.targets && cut.digest == whole.digest)
    #expect(try records(Sample.some(4)).digest != whole.digest)
  }

  @Test func nothingToEvaluateIsRefused() throws {
    var skipped = Sample("a")
    skipped.mark = SkipMark(code: "image/missing", message: "none")
    for samples in [[], [skipped], Sample.some(2)] {
      let failure = try failure { _ = try records(samples) { _ in false } }
      #expect(failure.code == "training/no-record" && failure.status == .invalidInput)
      #expect(failure.place == directory.file("held.tsz"))
    }
  }

  /// Written over while the run uses it: an error, never other numbers or a crash.
  @Test func aFileThatIsChangedIsAFailure() throws {
    let found = try records(Sample.some(3))
    var others = Sample.some(3)
    others[0].counts = [40]
    let bytes = try stream(others)
    let model = try fixture.trainer().model
    try directory.write(bytes, to: "held.tsz")
    do { _ = try found.evaluate(model, microBatch: 1) } catch {
      #expect((error as? Failure)?.status == .invalidInput, "\(error)")
    }
  }
}

struct EvaluationLogTests {
  private let directory: TemporaryDirectory
  private let step = #"{"step":2,"loss":1.0,"ids":[]}"# + "\n"

  init() throws { directory = try TemporaryDirectory() }

  private func report(_ step: Int, loss: Float) throws -> EvaluationReport {
    let reader = RunFixture.reader()
    let sequence = try reader.sequence(
      Record(Sample("a").json, id: "a"), images: [try Tensor(.f32, shape: [2, 12])])
    let batch = MicroBatch([sequence], firstPlace: 0)
    var (evaluation, history) = (Evaluation(), EvaluationHistory())
    evaluation.add(batch.targets.map { _ in loss }, hits: 1, of: batch)
    _ = history.add(step: step, loss: evaluation.loss)
    return EvaluationReport(step: step, evaluation: evaluation, history: history)
  }

  @Test func eachEvaluationIsALine() throws {
    let log = try TrainingLog(directory.file("log"), after: 0)
    try log.add(report(4, loss: 1.25))
    try log.add(report(6, loss: .infinity))
    #expect(
      String(decoding: try directory.read("log"), as: UTF8.self) == """
        {"step":4,"eval_loss":1.25,"eval_accuracy":0.333333333,"eval_records":1,"eval_loss_tokens":3,"best_step":4}
        {"step":6,"eval_loss":null,"eval_accuracy":0.333333333,"eval_records":1,"eval_loss_tokens":3,"best_step":null}

        """)
  }

  /// A checkpoint that was saved while its step was evaluated does not know of that.
  @Test func evaluationsThatTheCheckpointDoesNotKnowAreDropped() throws {
    let evaluation = #"{"step":2,"eval_loss":null,"eval_accuracy":0.5,"best_step":null}"# + "\n"
    let next = step.replacing("2", with: "3")
    for (found, after, evaluated, kept) in [
      (step + evaluation + next, 3, 2, step + evaluation + next),
      (step + evaluation + next, 2, 2, step + evaluation), (step + evaluation + next, 2, 0, step),
      (step + evaluation, 2, 1, step), (step + evaluation, 1, 1, ""),
      (step + String(evaluation.dropLast(9)), 2, 2, step),
      (step + String(evaluation.dropLast()), 2, 2, step + evaluation),
    ] {
      try directory.write(found, to: "log")
      _ = try TrainingLog(directory.file("log"), after: after, evaluated: evaluated)
      let text = String(decoding: try directory.read("log"), as: UTF8.self)
      #expect(text == kept, "after \(after), evaluated \(evaluated)")
    }
  }
}
