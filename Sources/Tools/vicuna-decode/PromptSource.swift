// The records that vicuna-decode answers: from a tensor stream with images, or JSONL without.
// SPDX-License-Identifier: Apache-2.0
import Generation
import InputOutput
import Records
import Streams
import Tensors
import ToolSupport

/// A record to answer, or the reason why it cannot be.
enum PromptRecord: Sendable {
  /// The images are [rows, width] of any float type.
  case ask(Record, images: [Tensor])
  /// An earlier tool's skip.
  case passOn(Record, SkipMark)
  /// A record that cannot be read.
  case broken(Record, Failure)
}

/// Reads either kind of input and reads ahead.
struct PromptSource {
  let queue: RecordQueue<PromptRecord>
  /// The digest of the input's header, if it was a tensor stream.
  let input: String?

  /// `positions`: how many a prompt can have. What cannot fit is let go of before it waits.
  /// `chat`: what makes prompts of chat requests, if the records are such.
  init(session: Session, path: String?, width: Int, positions: Int, chat: ChatInput?)
    throws(Failure)
  {
    // Requests come from users, as those of chat-complete do: none is no sign of a tool that failed.
    switch try session.recordStream(path, refusesEmptyInput: chat == nil) {
    case .tensors(let reader):
      guard chat == nil else { throw Self.noRequests(reader) }
      try Self.check(reader, width: width)
      input = reader.header.digest
      nonisolated(unsafe) let own = reader  // used by the reading thread alone
      queue = RecordQueue(capacity: 4) { () throws(Failure) in
        try own.next().map { Self.record($0, of: own.name, positions: positions) }
      }
    case .objects(let reader):
      input = nil
      nonisolated(unsafe) let own = reader  // used by the reading thread alone
      queue = RecordQueue(capacity: 64) { () throws(Failure) in
        try own.next().map { Self.record($0, chat) }
      }
    }
  }

  private static func check(_ reader: TensorStreamReader, width: Int) throws(Failure) {
    guard reader.header.content == "projected",
      let field = reader.header.schema["embeddings"], field.shape.count == 2,
      [.f32, .bf16, .f16].contains(field.elementType),
      reader.header.schema["image_rows"]?.elementType == .i32
    else {
      throw Failure(
        .mismatch, code: "stream/content", at: reader.name,
        "expected embeddings from llava-project, found a stream of \(reader.header.shownContent)",
        remedy: reader.header.content == "clip-features"
          ? "pass it through llava-project first" : nil)
    }
    guard field.shape[1] == width else {
      throw Failure(
        .mismatch, code: "stream/width", at: reader.name,
        "expected embeddings of width \(width), found \(field.shape[1].map { "\($0)" } ?? "any")",
        remedy: "project with the projector that was trained for this language model")
    }
  }

  private static func record(_ record: StreamRecord, of input: String, positions: Int)
    -> PromptRecord
  {
    let source = record.record(of: input)
    let data: DataRecord
    switch record {
    case .skip(let skip): return .passOn(source, skip.mark)
    case .data(let found): data = found
    }
    if let mark = SkipMark(of: source.object) { return .passOn(source, mark) }
    guard let images = data.images(of: "embeddings") else {
      return .broken(
        source,
        Failure(
          .invalidInput, code: "stream/image-rows",
          "image_rows do not add up to the rows of the embeddings"))
    }
    let rows = images.reduce(0) { $0 + $1.shape[0] }
    guard rows <= positions else {
      return .broken(source, PreparedPrompt.tooLong(rows, positions: positions))
    }
    return .ask(source, images: images)
  }

  private static func noRequests(_ reader: TensorStreamReader) -> Failure {
    Failure(
      .mismatch, code: "stream/content", at: reader.name,
      "expected chat requests, found a stream of \(reader.header.shownContent)",
      remedy: "leave out --chat: records of a stream have their prompts")
  }

  private static func record(_ line: ObjectLine, _ chat: ChatInput?) -> PromptRecord {
    let record = line.record
    if case .failure(let failure) = line.result { return .broken(record, failure) }
    if let mark = SkipMark(of: record.object) { return .passOn(record, mark) }
    guard let chat else { return .ask(record, images: []) }
    do throws(Failure) {
      return .ask(try chat.prompted(record), images: [])
    } catch {
      return .broken(record, error)
    }
  }
}
