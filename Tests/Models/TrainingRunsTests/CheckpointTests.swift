// A run's state on disk: whole and exact, or refused with the name of what is wrong.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import Training
@testable import TrainingRuns

struct CheckpointTests {
  private let directory: TemporaryDirectory
  private let fixture: RunFixture
  private let trainer: Trainer
  private var path: String { directory.file("checkpoint-2") }
  private var shapes: TrainedParameters<[Int]> { fixture.start.shapes(fixture.plan) }

  /// A checkpoint after two steps, with a file of a tool's in it.
  init() throws {
    directory = try TemporaryDirectory()
    fixture = try RunFixture()
    trainer = try fixture.trainer()
    let source = PipeSource(
      reader: RunFixture.reader(), handling: Seen().handling,
      read: try pipe(try stream(Sample.some(4))))
    for place in [0, 2] {
      let sequences = try (0..<2).map { _ in try #require(try source.next()) }
      try trainer.add(MicroBatch(sequences, firstPlace: place))
      _ = try trainer.finishStep()
    }
    try TrainingCheckpoint.save(trainer, place: place, run: fixture.description, to: path) {
      (files) throws(Failure) in
      try files.write(Array("{}".utf8), to: "config.json")
      try files.write([UInt8](repeating: 7, count: 600_000), to: "large.bin")
      try files.write([], to: "empty")
    }
  }

  private var place: DataPlace {
    var place = DataPlace()
    (place.epoch, place.position, place.sequences, place.digest) = (1, 5, 4, "abc")
    return place
  }

  private func load(_ run: JSONObject? = nil) throws -> TrainingCheckpoint.State {
    try TrainingCheckpoint.load(
      path, run: run ?? fixture.description, shapes: shapes, optimizer: .adamw)
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    try directory.read("checkpoint-2/\(name)")
  }

  private func write(_ bytes: [UInt8], _ name: String) throws {
    try directory.write(bytes, to: "checkpoint-2/\(name)")
  }

  @Test func whatIsSavedIsLoadedBitByBit() throws {
    let state = try load()
    #expect(state.step == 2 && state.place == place)
    #expect(try fixture.trainer(state).state == trainer.state)
    let kept = try #require(trainer.states.values.first).named.map(\.tensor.floatValues)
    #expect(kept.count == 2 && kept[0] != kept[1] && kept[1].contains { $0 > 0 })
    // Copies: training on changes no file.
    let before = try bytes(TrainingCheckpoint.stateName)
    state.masters.values[0].mutableFloats[0] += 1
    let isUnchanged = try bytes(TrainingCheckpoint.stateName) == before
    #expect(isUnchanged)
    #expect(Set(directory.names) == ["checkpoint-2"])
  }

  @Test func whatCannotBeWrittenLeavesNothing() throws {
    let failure = try failure {
      try TrainingCheckpoint.save(
        trainer, place: place, run: [:], to: directory.file("checkpoint-3")
      ) { (_) throws(Failure) in throw Failure(.inputOutput, code: "io/write", "no space") }
    }
    #expect(failure.code == "io/write" && directory.names == ["checkpoint-2"])
  }

  @Test func everyFileIsChecked() throws {
    for name in ["config.json", "large.bin", "empty", TrainingCheckpoint.stateName] {
      let whole = try bytes(name)
      var damaged: [[UInt8]] = [whole + [0], whole + [UInt8](repeating: 0, count: 5000)]
      if !whole.isEmpty { damaged += [Array(whole.dropLast()), []] }
      for index in [0, whole.count / 3, whole.count - 1] where whole.indices.contains(index) {
        var flipped = whole
        flipped[index] ^= 1
        damaged.append(flipped)
      }
      for bytes in damaged {
        try write(bytes, name)
        let failure = try failure { _ = try load() }
        #expect(failure.code == "checkpoint/damaged" && failure.status == .invalidInput)
        #expect(failure.place == "\(path)/\(name)" && failure.remedy?.isEmpty == false)
      }
      unlink("\(path)/\(name)")
      #expect(try failure { _ = try load() }.place == "\(path)/\(name)")
      symlink("/nonexistent", "\(path)/\(name)")
      #expect(try failure { _ = try load() }.code == "checkpoint/damaged")
      unlink("\(path)/\(name)")
      mkdir("\(path)/\(name)", 0o777)
      #expect(try failure { _ = try load() }.code == "checkpoint/damaged")
      rmdir("\(path)/\(name)")
      try write(whole, name)
    }
    #expect(try load().step == 2)
  }

  @Test func otherRunsAreRefusedWithWhatDiffers() throws {
    var other = fixture.description
    other["seed"] = .string("8")
    other["\u{1b}new"] = .int(1)
    let failure = try failure { _ = try load(other) }
    #expect(failure.code == "checkpoint/other-run" && failure.status == .mismatch)
    #expect(failure.place == path)
    #expect(
      failure.message
        == "the checkpoint is of another run: seed 7 there and 8 here, "
        + "\(escapedForTerminal("\u{1b}new")) absent there and 1 here")
    for key in ["a", "b", "c"] { other[key] = .int(1) }
    other["lr"] = nil
    let many = try TrainingRunsTests.failure { _ = try load(other) }
    #expect(many.message.hasSuffix(", and 3 more"))
    // What is left out here is a difference too.
    var less = fixture.description
    less["lr"] = nil
    let message = try TrainingRunsTests.failure { _ = try load(less) }.message
    #expect(message.contains("lr 0.01 there and absent here"))
  }

  @Test func whatDiffersInsideIsNamed() throws {
    func message(_ found: JSONObject, _ expected: JSONObject) throws -> String {
      try failure { try RunDescription.check(found, is: expected, at: "c") }.message
    }
    let parents: JSONObject = ["language": .string("a"), "vision": .string("b")]
    var others = parents
    others["vision"] = .string("c")
    let (found, expected): (JSONObject, JSONObject) = (
      ["x": .int(1), "parents": .object(parents)], ["x": .int(1), "parents": .object(others)]
    )
    #expect(try message(found, expected).hasSuffix(": parents.vision b there and c here"))
    try RunDescription.check(found, is: found, at: "c")
    // The order of members is none of a run's.
    try RunDescription.check(
      ["a": .int(1), "b": .int(2)], is: ["b": .int(2), "a": .int(1)], at: "c")
    let long = String(repeating: "z", count: 5000)
    #expect(try message(["a": .string(long)], ["a": .array([.string(long)])]).utf8.count < 300)
  }

  @Test func otherParametersAreRefused() throws {
    var plan = fixture.plan
    plan.language = .full
    let more = fixture.start.shapes(plan)
    let absent = try failure {
      _ = try TrainingCheckpoint.load(
        path, run: fixture.description, shapes: more, optimizer: .adamw)
    }
    #expect(absent.spoilsRecordOnly && absent.message.contains("weights.language.embed_tokens"))
    var other = shapes
    other.projector?.layers[1].bias = [15]
    let shape = try failure {
      _ = try TrainingCheckpoint.load(
        path, run: fixture.description, shapes: other, optimizer: .adamw)
    }
    #expect(shape.code == "checkpoint/tensors" && shape.status == .mismatch)
    #expect(shape.message.contains("projector.2.bias as F32 [15], found F32 [16]"))
  }
}
