// The records that vicuna-decode answers: from a tensor stream with images, or JSONL without.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import ModelSupport
import Streams
import Tensors
import ToolSupport

/// A record to answer, or why it cannot be.
enum PromptRecord: Sendable {
  /// The images are [rows, width] F32.
  case ask(id: String, object: JSONObject, images: [Tensor])
  /// An earlier tool's skip.
  case passOn(id: String, object: JSONObject, code: String, message: String)
  /// A record that cannot be read.
  case broken(id: String, object: JSONObject, Failure)
}

/// Reads either kind of input and reads ahead.
struct PromptSource {
  let queue: RecordQueue<PromptRecord>
  /// The digest of the input's header, if it was a tensor stream.
  let input: String?

  init(session: Session, path: String?, width: Int) throws(Failure) {
    switch try session.recordStream(path) {
    case .tensors(let reader):
      try Self.check(reader, width: width)
      input = reader.header.digest
      nonisolated(unsafe) let own = reader  // used by the reading thread alone
      queue = RecordQueue(capacity: 4) { () throws(Failure) in
        guard let record = try own.next() else { return nil }
        return try Self.record(record)
      }
    case .objects(let reader):
      input = nil
      nonisolated(unsafe) let own = reader  // used by the reading thread alone
      queue = RecordQueue(capacity: 64) { () throws(Failure) in
        try own.next().map(Self.record)
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

  private static func record(_ record: StreamRecord) throws(Failure) -> PromptRecord {
    switch record {
    case .skip(let skip):
      return .passOn(
        id: skip.id, object: skip.json ?? ["id": .string(skip.id)], code: skip.code,
        message: skip.message)
    case .data(let data):
      let object = data.json ?? ["id": .string(data.id)]
      guard let embeddings = data["embeddings"], let rows = data["image_rows"],
        let ranges = ranges(rows, total: embeddings.shape[0])
      else {
        return .broken(
          id: data.id, object: object,
          Failure(
            .invalidInput, code: "stream/image-rows", at: "record \(data.sequence) id=\(data.id)",
            "image_rows do not add up to the rows of the embeddings"))
      }
      let images = try catchingMemory {
        // On the reading thread, so without the operations' threads.
        try ranges.map { try embeddings.rows($0).widened() }
      }
      return .ask(id: data.id, object: object, images: images)
    }
  }

  private static func record(_ line: ObjectLine) -> PromptRecord {
    switch line.result {
    case .failure(let failure):
      let id = "line-\(line.number)"
      return .broken(id: id, object: ["id": .string(id)], failure)
    case .success(let object):
      let source = SourceRecord(object, number: line.number)
      if let (code, message) = SourceRecord.skip(in: object) {
        return .passOn(id: source.id, object: object, code: code, message: message)
      }
      return .ask(id: source.id, object: object, images: [])
    }
  }

  /// The rows of each image, or nil when the counts are not those of `total` rows.
  private static func ranges(_ counts: Tensor, total: Int) -> [Range<Int>]? {
    let counts = counts.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        Int(bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self))
      }
    }
    guard counts.allSatisfy({ $0 >= 0 }), checkedSum(counts) == total else { return nil }
    var start = 0
    return counts.map { count in
      defer { start += count }
      return start..<start + count
    }
  }
}
