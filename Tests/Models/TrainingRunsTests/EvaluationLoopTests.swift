// When a run evaluates, which checkpoints it keeps for that, when it stops, and how it goes on.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import TestSupport
import Testing

@testable import Training
@testable import TrainingRuns

struct EvaluationLoopTests {
  private let directory: TemporaryDirectory
  private let fixture: RunFixture
  private let sequences: [TrainingSequence]

  init() throws {
    directory = try TemporaryDirectory()
    fixture = try RunFixture()
    let source = PipeSource(
      reader: RunFixture.reader(), handling: Seen().handling, read: try pipe(stream(Sample.some(9)))
    )
    sequences = try (0..<9).map { _ in try #require(try source.next()) }
  }

  /// What happened, in its order: `3` a step, `e3` an evaluation.
  private final class Course {
    var events: [String] = []
    var failsBefore: String?

    func add(_ event: String) throws(Failure) {
      if event == failsBefore {
        failsBefore = nil
        throw Failure(.inputOutput, code: "test/stopped", "")
      }
      events.append(event)
    }
  }

  private struct Ending {
    var end: LoopEnd?
    var events: [String]
    var evaluations: EvaluationHistory
    var saved: [Int]
    var state: String
  }

  private func options(
    _ total: Int, every: Int, save: Int = 0, keep: Int = 1, best: Bool = false, patience: Int = 0
  ) -> LoopOptions {
    var options = LoopOptions(totalSteps: total)
    (options.evaluateEvery, options.saveEvery, options.keep) = (every, save, keep)
    (options.keepsBest, options.patience) = (best, patience)
    return options
  }

  /// Goes on in directory `name`, a sequence a step; evaluation of step n gives `losses[n]`.
  private func run(
    _ options: LoopOptions, _ losses: [Double?], in name: String = "run",
    stoppedBefore event: String? = nil
  ) throws -> Ending {
    let run = try RunDirectory(directory.file(name))
    let state = try run.steps().last.map {
      try TrainingCheckpoint.load(
        run.checkpointPath($0), run: fixture.description,
        shapes: fixture.start.shapes(fixture.plan), optimizer: .adamw)
    }
    let trainer = try fixture.trainer(state)
    let source = QueueSource(sequences, position: state?.place.position ?? 0)
    let loop = TrainingLoop(
      trainer, source: source, directory: run, options: options, run: fixture.description,
      place: state?.place ?? DataPlace(), evaluations: state?.evaluations ?? EvaluationHistory())
    let course = Course()
    course.failsBefore = event
    loop.report = { (report) throws(Failure) in try course.add("\(report.step)") }
    loop.evaluate = { [sequences] in
      try course.add("begin e\(trainer.finishedSteps)")
      var found = Evaluation()
      let batch = MicroBatch([sequences[0]], firstPlace: 0)
      let loss = losses[trainer.finishedSteps].map { Float($0) } ?? .nan
      found.add(batch.targets.map { _ in loss }, hits: 1, of: batch)
      return found
    }
    loop.reportEvaluation = { (report) throws(Failure) in
      #expect(report.history.step == report.step)
      try course.add("e\(report.step)")
    }
    var end: LoopEnd?
    do throws(Failure) {
      end = try loop.run { (body) throws(Failure) in
        do { try body() } catch { throw error as? Failure ?? Failure(.internalError, code: "", "") }
      }
    } catch {
      guard error.code == "test/stopped" else { throw error }
    }
    let events = course.events.filter { !$0.hasPrefix("begin") }
    return Ending(
      end: end, events: events, evaluations: loop.evaluations, saved: try run.steps(),
      state: trainer.state)
  }

  @Test func evaluationsComeEverySoManyStepsAndAtTheEnd() throws {
    let losses = [Double?](repeating: 1, count: 20)
    for (total, every, events) in [
      (5, 2, "1 2 e2 3 4 e4 5 e5"), (4, 2, "1 2 e2 3 4 e4"), (3, 0, "1 2 3 e3"),
      (3, 9, "1 2 3 e3"), (2, 1, "1 e1 2 e2"),
      // The data end before the steps do.
      (99, 4, "1 2 3 4 e4 5 6 7 8 e8 9 e9"), (99, 3, "1 2 3 e3 4 5 6 e6 7 8 9 e9"),
    ] {
      let found = try run(options(total, every: every), losses, in: "run-\(total)-\(every)")
      #expect(found.events.joined(separator: " ") == events)
      #expect(found.end == (total == 99 ? .endOfData : .complete))
      #expect(found.saved.isEmpty)
    }
  }

  @Test func theBestCheckpointStaysBesideTheLatest() throws {
    let losses: [Double?] = [nil, 5, 3, 4, 2, 6, nil, 7, 8, 1]
    // Saved for being the best alone.
    #expect(try run(options(8, every: 1, best: true), losses, in: "a").saved == [4])
    // The best one when the latest was saved, and the latest; `keep` counts all of them.
    let both = try run(options(8, every: 1, save: 3, keep: 1, best: true), losses, in: "b")
    #expect(both.saved == [4, 6] && both.evaluations.best == .init(step: 4, loss: 2))
    #expect(both.evaluations.sinceBest == 4)
    // Checkpoint 3 was saved when 2 was the best: without 4 a user goes on from 3, and needs 2.
    #expect(
      try run(options(4, every: 1, save: 1, keep: 2, best: true), losses, in: "c").saved == [2, 3])
    // Not the last step, which is the result.
    #expect(try run(options(9, every: 9, best: true), losses, in: "d").saved.isEmpty)
    // Nobody asked.
    #expect(try run(options(8, every: 1, save: 3), losses, in: "e").saved == [6])
  }

  @Test func patienceEndsTheRun() throws {
    let losses: [Double?] = [nil, 5, 3, 4, 2, 6, nil, 7, 8, 9]
    for (patience, steps, end) in [
      (1, 3, LoopEnd.outOfPatience), (2, 6, .outOfPatience), (3, 7, .outOfPatience),
      (5, 9, .outOfPatience), (6, 9, .endOfData),
    ] {
      let found = try run(
        options(99, every: 1, save: 1, best: true, patience: patience), losses,
        in: "run-\(patience)")
      #expect(found.end == end, "\(patience)")
      #expect(found.events.count == 2 * steps)
      let again = try run(
        options(99, every: 1, save: 1, best: true, patience: patience), losses,
        in: "run-\(patience)")
      #expect(again.state == found.state && again.end == found.end, "\(patience)")
    }
    // The evaluation of the last step stops nothing.
    let last = try run(options(3, every: 1, patience: 1), losses, in: "last")
    #expect(last.end == .complete)
  }

  /// Stopped before the line of each step and of each evaluation, and within each evaluation.
  @Test(arguments: ["", "e", "begin e"])
  func stoppedRunsGoOnToTheSameEnd(kind: String) throws {
    let losses: [Double?] = [nil, 5, 3, 4, 2, 6, nil, 7, 8, 9]
    let all = options(7, every: 2, save: 2, keep: 9, best: true)
    let whole = try run(all, losses, in: "whole")
    let files = ["manifest.json", "state.safetensors"]
    for step in 1...7 where kind.isEmpty || step % 2 == 0 || step == 7 {
      let name = "stopped-\(step)"
      let stopped = try run(all, losses, in: name, stoppedBefore: "\(kind)\(step)")
      #expect(stopped.end == nil && stopped.saved.last == step)
      let rest = try run(all, losses, in: name)
      #expect(rest.state == whole.state && rest.end == whole.end, "\(step)")
      #expect(rest.evaluations == whole.evaluations)
      // A step that was done is not done again, an evaluation that was not told of is.
      let first = kind.isEmpty && step % 2 == 1 ? "\(step + 1)" : "e\(step)"
      #expect(rest.events.first == (step == 7 ? "e7" : first))
      for saved in whole.saved {
        for file in files {
          let same =
            try directory.read("whole/checkpoint-\(saved)/\(file)")
            == directory.read("\(name)/checkpoint-\(saved)/\(file)")
          #expect(same, "\(step): checkpoint-\(saved)/\(file)")
        }
      }
    }
  }
}

/// Sequences from a list, once.
private final class QueueSource: SequenceSource {
  private let sequences: [TrainingSequence]
  let epoch = 0
  private(set) var position: Int

  init(_ sequences: [TrainingSequence], position: Int) {
    (self.sequences, self.position) = (sequences, position)
  }

  func next() -> TrainingSequence? {
    guard position < sequences.count else { return nil }
    position += 1
    return sequences[position - 1]
  }

  func beginEpoch() -> Bool { false }
}
