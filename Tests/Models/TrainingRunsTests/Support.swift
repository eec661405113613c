// A tiny model, streams of records for it, and a count of what becomes of them.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import InputOutput
import JSON
import Recipes
import Records
import Streams
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Training
@testable import TrainingRuns

/// The model of Tests/Golden/training, of which projector and an adapter with dropout are trained; or
/// its model `seeing`, all of it, the tower too.
struct RunFixture {
  let start: StartingPoint
  var optimizer = Optimizer.adamw
  let operations: CPUOperations
  let plan: TrainingPlan
  let description: JSONObject = ["seed": .string("7"), "lr": .double(0.01), "files": .array([])]

  init(seesPixels: Bool = false) throws {
    operations = try CPUOperations(kernels: try KernelSet.best(), threads: 1, precision: .f32)
    let name = seesPixels ? "seeing" : "model"
    let directory = try ModelDirectory.open(model: "\(packageRoot)/Tests/Golden/training/\(name)")
    let (language, projector) = (
      try directory.languageCheckpoint(), try directory.projectorCheckpoint()
    )
    var start = StartingPoint(
      languageConfig: language.config, language: try language.parameters(),
      projectorConfig: projector.config, projector: try projector.parameters(), adapter: nil)
    if seesPixels { start.vision = try VisionStart(directory.visionCheckpoint()) }
    self.start = start
    plan = TrainingPlan(
      language: seesPixels ? .full : .adapter(AdapterScale(rank: 2, alpha: 4)),
      trainsProjector: true, trainsVision: seesPixels)
  }

  static let width = 12

  static func reader(
    maxLength: Int = 64, tokenizer: Tokenizer? = nil, seesPixels: Bool = false,
    recipe: RecipeCheck = RecipeCheck(own: nil)
  ) -> SequenceReader {
    SequenceReader(
      limits: TrainingSequence.Limits(maxLength: maxLength, vocabularyRows: 33),
      tokenizer: tokenizer, pixelRows: seesPixels ? 4 : nil, recipe: recipe)
  }

  /// A trainer at the start, or where `state` was saved.
  func trainer(_ state: TrainingCheckpoint.State? = nil) throws -> Trainer {
    let masters =
      try state?.masters
      ?? start.masters(plan, seed: 7, adapterDeviation: 0.1, operations: operations)
    var model = try TrainingModel(start, plan, masters: masters, operations: operations)
    (model.dropout, model.seed) = (0.1, 7)
    var options = OptimizerOptions(
      rate: 0.01, schedule: Schedule(.cosine, warmupSteps: 1, totalSteps: 9))
    options.optimizer = optimizer
    return try Trainer(
      model: model, masters: masters, options: options,
      resuming: state.map { ($0.step, $0.states) })
  }
}

extension Trainer {
  /// SHA-256 of every byte that training changes: arrays that differ are slow to describe.
  var state: String {
    var hash = SHA256()
    for tensor in masters.values + states.values.flatMap({ $0.named.map(\.tensor) }) {
      tensor.withUnsafeBytes { hash.update($0) }
    }
    return hash.hexadecimal()
  }
}

/// What became of records.
final class Seen {
  private(set) var skipped: [String] = []
  private(set) var passedOn: [String] = []
  private(set) var taken: [Int] = []

  var handling: SkipHandling {
    SkipHandling(
      skip: { [self] (failure, record) throws(Failure) in
        guard failure.spoilsRecordOnly else { throw failure }
        skipped.append("\(record.id) \(failure.code)")
      },
      passOn: { [self] (mark, record) throws(Failure) in
        passedOn.append("\(record.id) \(mark.code)")
      },
      take: { [self] in taken.append($0) })
  }
}

/// A record of a sample stream.
struct Sample {
  var id: String
  /// Rows of each image.
  var rows: [Int] = [2]
  var ids: [Int32] = [1, 5, 6, 7, 8, 9]
  var loss: [Range<Int>] = [3..<6]
  /// Overrides what `image_rows` says.
  var counts: [Int32]?
  var order: [Int]?
  var mark: SkipMark?
  var turns: String?

  init(_ id: String) { self.id = id }

  /// `count` records that differ in ids, images and lengths.
  static func some(_ count: Int, from first: Int = 0) -> [Sample] {
    (first..<first + count).map { index in
      var sample = Sample("s\(index)")
      sample.rows = index % 3 == 2 ? [] : [1 + index % 4]
      sample.ids = (0..<6 + index % 5).map { Int32(1 + (7 * index + 3 * $0) % 32) }
      return sample
    }
  }

  var json: JSONObject {
    let prompt = Prompt(
      template: "plain", segments: [PromptSegment(.text(""), carriesLoss: true)], stop: [],
      tokens: Prompt.Tokens(
        ids: ids, imagePositions: (order ?? Array(rows.indices)).map { _ in 1 },
        imageOrder: order ?? Array(rows.indices), lossSpans: loss))
    var object: JSONObject = ["id": .string(id), "prompt": prompt.json]
    if let turns {
      object["conversations"] = .array([
        .object(["from": .string("human"), "value": .string(turns)]),
        .object(["from": .string("gpt"), "value": .string("yes")]),
      ])
    }
    return object
  }
}

func sampleHeader(width: Int? = RunFixture.width, metadata: StreamMetadata = []) -> StreamHeader {
  StreamHeader(
    content: "clip-features",
    schema: StreamSchema([
      StreamSchema.Field("features", .f32, [nil, width]),
      StreamSchema.Field("image_rows", .i32, [nil]),
    ]), producer: "test/1", model: "sha256:tower", metadata: metadata)
}

/// A tensor stream of `samples`.
func stream(_ samples: [Sample]) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = try TensorStreamWriter(sink, header: sampleHeader(), level: 1, hash: true)
  for (index, sample) in samples.enumerated() {
    if let mark = sample.mark {
      try writer.skip(id: sample.id, json: nil, code: mark.code, message: mark.message)
      continue
    }
    var random = SeededGenerator(seed: UInt64(index))
    let rows = sample.rows.reduce(0, +)
    let counts = sample.counts ?? sample.rows.map { Int32($0) }
    try writer.write(
      id: sample.id, json: sample.json,
      tensors: [
        ("features", try Tensor(random.floats(rows * RunFixture.width), shape: [rows, 12])),
        ("image_rows", try Tensor(counts, shape: [counts.count])),
      ])
  }
  try writer.finish()
  return sink.bytes
}

/// A stream of `samples` with a picture for each image that they have.
func pixelStream(_ samples: [Sample]) throws -> [UInt8] {
  let sink = MemorySink()
  let header = StreamHeader(
    content: "pixels", schema: StreamSchema([.init("pixels", .u8, [nil, 8, 8, 3])]),
    producer: "test/1", model: "sha256:tower")
  let writer = try TensorStreamWriter(sink, header: header, level: 1, hash: true)
  for (index, sample) in samples.enumerated() {
    if let mark = sample.mark {
      try writer.skip(id: sample.id, json: nil, code: mark.code, message: mark.message)
      continue
    }
    var random = SeededGenerator(seed: UInt64(index))
    let bytes = (0..<192 * sample.rows.count).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    let pixels = try bytes.withUnsafeBytes {
      try Tensor(.u8, shape: [sample.rows.count, 8, 8, 3], copying: $0)
    }
    try writer.write(id: sample.id, json: sample.json, tensors: [("pixels", pixels)])
  }
  try writer.finish()
  return sink.bytes
}

/// The records of `bytes` one after the other, as a pipe gives them.
func pipe(_ bytes: [UInt8]) throws -> () throws(Failure) -> TrainingRecord? {
  let reader = try TensorStreamReader(MemorySource(bytes, name: "stdin"))
  return { () throws(Failure) in try reader.next().map { TrainingRecord($0, of: "stdin") } }
}

/// The failure that `body` throws.
func failure(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> Failure {
  do { try body() } catch {
    return try #require(error as? Failure, sourceLocation: sourceLocation)
  }
  Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  throw Failure(.internalError, code: "none", "")
}
