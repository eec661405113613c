// A run that was stopped after any step and resumed leaves the bytes of one that was not.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import TestSupport
import Testing
import TrainingData

@testable import Training
@testable import TrainingRuns

/// Where a run's records come from, and in which order.
enum SourceKind: CaseIterable {
  case file, shuffled, mixed, pipe
}

struct ResumeTests {
  private let directory: TemporaryDirectory
  private var fixture: RunFixture
  private let paths: [String]
  private let bytes: [UInt8]
  private let reader: SequenceReader

  init() throws { try self.init(seesPixels: false) }

  /// 11 records that can be learned from, in two files, and two that cannot.
  private init(seesPixels: Bool) throws {
    directory = try TemporaryDirectory()
    fixture = try RunFixture(seesPixels: seesPixels)
    reader = RunFixture.reader(seesPixels: seesPixels)
    var samples = Sample.some(13)
    samples[4].mark = SkipMark(code: "image/missing", message: "none")
    // Known when it is read; of pixels when it is counted.
    if seesPixels { samples[9].order = [0, 1] } else { samples[9].counts = [40] }
    let written = seesPixels ? pixelStream : stream
    bytes = try written(samples)
    paths = [
      try directory.write(try written(Array(samples[..<8])), to: "a.tsz"),
      try directory.write(try written(Array(samples[8...])), to: "b.tsz"),
    ]
  }

  private func source(_ kind: SourceKind, at place: DataPlace) throws -> any SequenceSource {
    let handling = Seen().handling
    guard kind != .pipe else {
      let source = PipeSource(
        reader: reader, handling: handling, read: try pipe(bytes))
      try source.skip(to: place.position, digest: place.digest)
      return source
    }
    let files = TrainingFiles(needsLengths: false)
    for path in paths {
      try files.add(
        path, limits: StreamLimits(), reader: reader, handling: handling,
        warn: { _ in }, checkHeader: { _ in })
    }
    let arrangement: RecordArrangement =
      switch kind {
      case .shuffled: .shuffled
      case .mixed: .mixed([1, 2])
      case .file, .pipe: .sequential
      }
    let source = try IndexedSource(
      files, order: try RecordOrder(counts: files.counts, arrangement: arrangement, seed: 5),
      epochs: .max, reader: reader, handling: handling)
    if place.sequences > 0 { try source.move(toEpoch: place.epoch, position: place.position) }
    return source
  }

  /// What a run leaves.
  private struct Result: Equatable {
    var state = ""
    var place = DataPlace()
    var log = ""
    var manifest = ""
  }

  /// Goes on in directory `name` with what is there, up to `total` steps; killed after step `last`
  /// has been logged, before it is saved.
  private func train(_ kind: SourceKind, in name: String, total: Int, killedIn last: Int? = nil)
    throws -> Result
  {
    let run = try RunDirectory(directory.file(name))
    let state = try run.steps().last.map {
      try TrainingCheckpoint.load(
        run.checkpointPath($0), run: fixture.description,
        shapes: fixture.start.shapes(fixture.plan), optimizer: fixture.optimizer)
    }
    let trainer = try fixture.trainer(state)
    let place = state?.place ?? DataPlace()
    var options = LoopOptions(totalSteps: total)
    (options.microBatch, options.accumulation, options.saveEvery) = (2, 2, 1)
    let loop = TrainingLoop(
      trainer, source: try source(kind, at: place), directory: run, options: options,
      run: fixture.description, place: place)
    let log = try TrainingLog("\(run.path).log", after: trainer.finishedSteps)
    loop.report = { (report) throws(Failure) in
      try log.add(report)
      if report.step == last { throw Failure(.internalError, code: "test/killed", "") }
    }
    do throws(Failure) {
      _ = try loop.run { (body) throws(Failure) in
        do { try body() } catch { throw error as? Failure ?? Failure(.internalError, code: "", "") }
      }
    } catch {
      guard error.code == "test/killed" else { throw error }
      return Result()
    }
    #expect(last == nil)
    try loop.saveIfNew()
    let saved = "\(name)/checkpoint-\(trainer.finishedSteps)"
    return Result(
      state: trainer.state, place: loop.place, log: try text("\(name).log"),
      manifest: try text("\(saved)/manifest.json"))
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try directory.read(name), as: UTF8.self)
  }

  @Test(arguments: SourceKind.allCases)
  func stoppedRunsGoOnBitForBit(kind: SourceKind) throws {
    // Over the end of an epoch; a pipe has one.
    let total = kind == .pipe ? 3 : amount(5, soak: 12)
    let whole = try train(kind, in: "whole", total: total)
    #expect(whole.place.epoch >= (kind == .pipe ? 0 : 1) && whole.place.digest.count == 64)
    #expect(whole.log.count { $0 == "\n" } == total)
    for step in 1...total {
      let name = "stopped-\(step)"
      _ = try train(kind, in: name, total: total, killedIn: step)
      #expect(try RunDirectory.steps(in: directory.file(name)).last ?? 0 == step - 1)
      #expect(try train(kind, in: name, total: total) == whole, "stopped in step \(step)")
    }
  }

  @Test mutating func muonGoesOnBitForBit() throws {
    let plain = try train(.shuffled, in: "adamw", total: 3)
    fixture.optimizer = .muon
    let whole = try train(.shuffled, in: "whole", total: 3)
    for step in 1...3 {
      _ = try train(.shuffled, in: "stopped-\(step)", total: 3, killedIn: step)
      #expect(try train(.shuffled, in: "stopped-\(step)", total: 3) == whole, "step \(step)")
    }
    #expect(whole.state != plain.state && whole.place == plain.place)
    // A number less is kept of each that Muon changes.
    func size(_ name: String) throws -> Int {
      try directory.read("\(name)/checkpoint-3/state.safetensors").count
    }
    let matrices = fixture.start.shapes(fixture.plan).named.filter {
      fixture.optimizer.method(of: $0.name, shape: $0.value) == .muon
    }
    let saved = matrices.reduce(0) { $0 + 4 * $1.value.reduce(1, *) }
    #expect(try size("adamw") - size("whole") >= saved && saved > 0)
  }

  /// All of a model, its tower from pixels, by Muon and by AdamW.
  @Test(arguments: [SourceKind.shuffled, .pipe], [Optimizer.adamw, .muon])
  func aTrainedTowerGoesOnBitForBit(kind: SourceKind, optimizer: Optimizer) throws {
    var runs = try ResumeTests(seesPixels: true)
    runs.fixture.optimizer = optimizer
    let whole = try runs.train(kind, in: "whole", total: 3)
    for step in 1...3 {
      _ = try runs.train(kind, in: "stopped-\(step)", total: 3, killedIn: step)
      #expect(try runs.train(kind, in: "stopped-\(step)", total: 3) == whole, "step \(step)")
    }
    #expect(whole.place.sequences == 11)
    let state = try runs.directory.read("whole/checkpoint-3/state.safetensors")
    let text = String(decoding: state.prefix(40_000), as: UTF8.self)
    let kinds = optimizer == .muon ? ["momenta"] : ["first_moments", "second_moments"]
    for kind in ["weights"] + kinds {
      #expect(text.contains("\"\(kind).vision.layers.0.mlp.fc1.weight\""), "\(kind)")
    }
    #expect(text.contains("\"second_moments.vision.class_embedding\""))
  }

  @Test func runsAreStoppedAgainAndAgain() throws {
    let whole = try train(.shuffled, in: "whole", total: 4)
    for step in 1...4 { _ = try train(.shuffled, in: "again", total: 4, killedIn: step) }
    #expect(try train(.shuffled, in: "again", total: 4) == whole)
    // Resuming a finished run does nothing.
    let saved = try directory.read("again/checkpoint-4/state.safetensors")
    #expect(try train(.shuffled, in: "again", total: 4) == whole)
    let isUnchanged = try directory.read("again/checkpoint-4/state.safetensors") == saved
    #expect(isUnchanged)
  }

  @Test func ordersMatter() throws {
    let results = try [SourceKind.file, .shuffled, .mixed].enumerated().map { index, kind in
      try train(kind, in: "order-\(index)", total: 3).place.digest
    }
    #expect(Set(results).count == 3)
    // A pipe and a file in its order are the same run.
    #expect(try train(.pipe, in: "order-pipe", total: 3).place.digest == results[0])
  }
}
