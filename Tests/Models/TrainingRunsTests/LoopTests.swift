// The loop of a run: how records become steps, what is saved, and where it ends.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import Training
@testable import TrainingRuns

/// Epochs of sequences from a list.
private final class ListedSource: SequenceSource {
  private let epochs: [[TrainingSequence]]
  private(set) var epoch = 0
  private(set) var position = 0

  init(_ epochs: [[TrainingSequence]]) { self.epochs = epochs }

  func next() -> TrainingSequence? {
    guard epoch < epochs.count, position < epochs[epoch].count else { return nil }
    position += 1
    return epochs[epoch][position - 1]
  }

  func beginEpoch() -> Bool {
    guard epoch + 1 < epochs.count else { return false }
    (epoch, position) = (epoch + 1, 0)
    return true
  }
}

struct LoopTests {
  private let directory: TemporaryDirectory
  private let fixture: RunFixture
  private let run: RunDirectory

  init() throws {
    directory = try TemporaryDirectory()
    fixture = try RunFixture()
    run = try RunDirectory(directory.file("run"))
  }

  private func sequences(_ count: Int) throws -> [TrainingSequence] {
    let source = PipeSource(
      reader: RunFixture.reader(), handling: Seen().handling,
      read: try pipe(try stream(Sample.some(count))))
    return try (0..<count).map { _ in try #require(try source.next()) }
  }

  private func loop(_ epochs: [[TrainingSequence]], _ options: LoopOptions) throws -> TrainingLoop {
    TrainingLoop(
      try fixture.trainer(), source: ListedSource(epochs), directory: run, options: options,
      run: fixture.description)
  }

  private func options(
    _ steps: Int, micro: Int = 1, accumulate: Int = 1, save: Int = 0, keep: Int = 2
  ) -> LoopOptions {
    var options = LoopOptions(totalSteps: steps)
    (options.microBatch, options.accumulation) = (micro, accumulate)
    (options.saveEvery, options.keep) = (save, keep)
    return options
  }

  /// Errors other than `Failure` do not occur here.
  private func plain(_ body: () throws -> Void) throws(Failure) {
    do { try body() } catch let failure as Failure { throw failure } catch {
      throw Failure(.internalError, code: "test/other", "\(error)")
    }
  }

  /// The ids of each step, and whether all steps were made.
  private func steps(_ loop: TrainingLoop) throws -> (ids: [[String]], end: LoopEnd) {
    var ids: [[String]] = []
    loop.report = { (report) throws(Failure) in
      #expect(report.step == ids.count + 1)
      ids.append(report.ids)
    }
    let end = try loop.run(catching: plain)
    return (ids, end)
  }

  @Test func stepsEndWithTheirEpoch() throws {
    let all = try sequences(7)
    for (micro, accumulate, sizes) in [
      (1, 1, [1, 1, 1, 1, 1, 1, 1]), (2, 1, [2, 2, 2, 1]), (1, 3, [3, 3, 1]), (2, 2, [4, 3]),
      (3, 2, [6, 1]), (7, 1, [7]), (4, 4, [7]),
    ] {
      let loop = try loop([all, all], options(99, micro: micro, accumulate: accumulate))
      let (ids, end) = try steps(loop)
      #expect(ids.map(\.count) == sizes + sizes && end == .endOfData)
      #expect(ids.flatMap { $0 } == (all + all).map(\.id))
      #expect(loop.place.sequences == 14 && loop.place.epoch == 1 && loop.place.position == 7)
    }
  }

  @Test func enoughStepsAreEnough() throws {
    let all = try sequences(3)
    let loop = try loop([all, all, all], options(4, micro: 1, accumulate: 1))
    let (ids, end) = try steps(loop)
    #expect(end == .complete && ids.count == 4)
    #expect(loop.place.epoch == 1 && loop.place.position == 1 && loop.place.sequences == 4)
    var digest = DataDigest()
    for sequence in all + all[..<1] { digest.add(sequence) }
    #expect(loop.place.digest == digest.value)
    // Nothing was asked to be saved.
    #expect(try run.steps().isEmpty)
  }

  /// How a step is cut into micro-batches changes no more than rounding.
  @Test func microBatchesAreOneStep() throws {
    let all = try sequences(6)
    var losses: [Double] = []
    for (micro, accumulate) in [(6, 1), (3, 2), (2, 3), (1, 6)] {
      let loop = try loop([all], options(1, micro: micro, accumulate: accumulate))
      loop.report = { (report) throws(Failure) in losses.append(report.loss) }
      _ = try loop.run(catching: plain)
    }
    #expect(losses.count == 4 && losses.allSatisfy { abs($0 - losses[0]) < 1e-6 * losses[0] })
  }

  @Test func epochsWithoutRecordsEndTheRun() throws {
    let all = try sequences(1)
    for epochs in [[], [[]], [all, [], all], [[], all]] {
      let loop = try loop(epochs, options(9))
      let failure = try failure { _ = try loop.run(catching: plain) }
      #expect(failure.code == "training/no-record" && failure.status == .invalidInput)
      #expect(failure.remedy?.contains("convo-format") == true)
    }
  }

  @Test func checkpointsAreSavedAndFewKept() throws {
    let loop = try loop([try sequences(7)], options(7, save: 2, keep: 2))
    var notes: [String] = []
    loop.note = { notes.append($0) }
    var outputs: [Int] = []
    loop.addOutputs = { [unowned loop] (files) throws(Failure) in
      outputs.append(loop.place.sequences)
      try files.write(Array("{}".utf8), to: "config.json")
    }
    _ = try loop.run(catching: plain)
    // The last step is not saved: the result is written then.
    #expect(try run.steps() == [4, 6] && outputs == [2, 4, 6])
    #expect(notes == [2, 4, 6].map { "saved \(run.checkpointPath($0))" })
    let manifest = try Manifest(in: run.checkpointPath(6))
    #expect(manifest.step == 6 && manifest.place.sequences == 6)
    #expect(Set(manifest.files.map(\.name)) == ["config.json", TrainingCheckpoint.stateName])
    #expect(manifest.run == fixture.description)
    try loop.saveIfNew()
    #expect(try run.steps() == [6, 7])
    try loop.saveIfNew()
    #expect(notes.count == 4)
  }

  @Test func aFailedSaveNamesTheLastWholeCheckpoint() throws {
    mkdir(run.checkpointPath(2), 0o777)
    try directory.write("in the way", to: "run/checkpoint-2/file")
    let loop = try loop([try sequences(5)], options(5, save: 1))
    let failure = try failure { _ = try loop.run(catching: plain) }
    #expect(failure.code == "usage/exists" && failure.message.hasSuffix("; checkpoint-1 is whole"))
    #expect(try Manifest(in: run.checkpointPath(1)).step == 1)
  }

  /// Whatever ends a run, the micro-batches of its unfinished step are dropped.
  @Test func failuresDropTheUnfinishedStep() throws {
    let all = try sequences(5)
    let trainer = try fixture.trainer()
    let bad = try TrainingSequence(
      id: "bad",
      tokens: .init(ids: [1, 2, 3], imagePositions: [1], imageOrder: [0], lossSpans: [2..<3]),
      images: [try Tensor([Float](repeating: .nan, count: 12), shape: [1, 12])],
      limits: RunFixture.reader().limits)
    let loop = TrainingLoop(
      trainer, source: ListedSource([all + [bad]]), directory: run,
      options: options(9, accumulate: 4, save: 1), run: fixture.description)
    let failure = try failure { _ = try loop.run(catching: plain) }
    #expect(failure.status == .notFinite && failure.place == "step 2: record id=bad")
    #expect(!trainer.hasMicroBatches && trainer.finishedSteps == 1)
    #expect(loop.place.sequences == 4 && loop.place.position == 4)
    let state = try TrainingCheckpoint.load(
      run.checkpointPath(1), run: fixture.description, shapes: fixture.start.shapes(fixture.plan),
      optimizer: .adamw)
    #expect(try fixture.trainer(state).state == trainer.state)
  }

  /// The first step of the warm-up changes nothing: in the second one only dropout differs.
  @Test func drawsFollowTheSequenceOfTheRun() throws {
    let one = try #require(try sequences(1).first)
    let loop = try loop([[one, one]], options(2))
    var losses: [Double] = []
    loop.report = { (report) throws(Failure) in losses.append(report.loss) }
    _ = try loop.run(catching: plain)
    #expect(losses.count == 2 && losses[0] != losses[1])
  }

  /// A failure of the log, say, comes when its step is done: that is not lost.
  @Test(arguments: [
    (InputOutput.ExitStatus.inputOutput, [2]), (.invalidInput, [2]), (.notFinite, []),
    (.internalError, []),
  ])
  func stepsBeforeAFailureAreSaved(status: InputOutput.ExitStatus, saved: [Int]) throws {
    let loop = try loop([try sequences(5)], options(5))
    loop.report = { (report) throws(Failure) in
      if report.step == 2 { throw Failure(status, code: "test/failed", "") }
    }
    #expect(try failure { _ = try loop.run(catching: plain) }.code == "test/failed")
    #expect(try run.steps() == saved)
    for step in saved { #expect(try Manifest(in: run.checkpointPath(step)).step == step) }
  }

  /// What cannot be saved then is a warning: the first failure is the one to report.
  @Test func failuresOfTheRescueAreWarnings() throws {
    mkdir(run.checkpointPath(1), 0o777)
    try directory.write("in the way", to: "run/checkpoint-1/file")
    let loop = try loop([try sequences(5)], options(5))
    var warnings: [String] = []
    loop.warn = { warnings.append($0) }
    loop.report = { (_) throws(Failure) in throw Failure(.inputOutput, code: "test/log", "") }
    #expect(try failure { _ = try loop.run(catching: plain) }.code == "test/log")
    #expect(warnings.count == 1 && warnings.first?.hasPrefix("step 1 is not saved: ") == true)
  }

  @Test func gradientsAreSeenWithTheirStep() throws {
    let withImages = try sequences(5).filter { $0.images > 0 }
    let loop = try loop([withImages], options(3))
    var seen: [Int] = []
    loop.look = { (step, gradients, factor) throws(Failure) in
      #expect(factor > 0 && gradients.values.contains { $0.floatValues.contains { $0 != 0 } })
      seen.append(step)
    }
    _ = try loop.run(catching: plain)
    #expect(seen == [1, 2, 3])
  }
}
