// Reads Tensor Stream 1 (llava-stream(5)): every record is checked before it is delivered.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Safetensors

/// The records of a tensor stream, in order.
///
/// A record is delivered after the checksum of its frame has passed. Where another tool has put
/// several records into one frame, the checksum is checked when the frame ends. After a failure the
/// reader gives only that failure, and a tool that then writes no end record keeps the fault
/// visible to all that follow.
public final class TensorStreamReader {
  public let name: String
  /// The header of the stream, or of the first of several.
  public private(set) var header: StreamHeader
  /// Records delivered so far, skipped ones included.
  public private(set) var recordCount = 0
  public private(set) var skippedCount = 0

  private let frames: FrameReader
  private let limits: StreamLimits
  private var counts = StreamCounts()
  private var failure: Failure?
  private var isFinished = false

  /// Reads the header. Warnings are whole lines for the user.
  ///
  /// Throws codes `stream/…`, `frame/…` and `safetensors/…` (damage, lies, truncation; status 3,
  /// or 5 for limits), and `io/read`.
  public convenience init(
    _ source: any ByteSource, limits: StreamLimits = StreamLimits(),
    warn: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    try self.init(try FrameReader(source, limits: limits, warn: warn), limits: limits)
  }

  init(_ frames: FrameReader, limits: StreamLimits) throws(Failure) {
    name = frames.name
    self.limits = limits
    self.frames = frames
    var counts = StreamCounts()
    do throws(Failure) {
      guard let image = try RecordImage(frames, limits: limits) else {
        throw RecordMetadata.fault("empty", "expected a tensor stream, found no bytes")
      }
      header = try Self.header(image, &counts)
    } catch {
      throw error.at("\(frames.name): header")
    }
    self.counts = counts
  }

  /// The next record, or nil after the end record of the last stream.
  public func next() throws(Failure) -> StreamRecord? {
    if let failure { throw failure }
    if isFinished { return nil }
    do {
      let record = try advance()
      if record == nil { isFinished = true }
      return record
    } catch {
      // The sequence number of the record, which is what a reader of the message can count.
      let failure = error.at("\(name): record \(recordCount + 1)")
      self.failure = failure
      throw failure
    }
  }

  private func advance() throws(Failure) -> StreamRecord? {
    while true {
      try Interruption.check(name)
      guard let image = try RecordImage(frames, limits: limits) else {
        throw RecordMetadata.fault(
          "no-end", "the input ends without an end record: its producer failed, or it was cut")
      }
      let metadata = try RecordMetadata(image.header)
      guard metadata.sequence == counts.sequence else {
        throw RecordMetadata.fault(
          "sequence", "expected sequence number \(counts.sequence), found \(metadata.sequence)")
      }
      switch metadata.kind {
      case .header: throw RecordMetadata.fault("kind", "a header inside the stream")
      case .data: return .data(try data(image, metadata))
      case .skip: return .skip(try skip(image, metadata))
      case .end:
        try counts.check(metadata)
        if try !beginNextStream() { return nil }
      }
    }
  }

  private func data(_ image: RecordImage, _ metadata: RecordMetadata) throws(Failure) -> DataRecord
  {
    let id = try metadata.id()
    do {
      try header.schema.check(image.header.entries.map { ($0.name, $0.elementType, $0.shape) })
      let record = DataRecord(
        sequence: metadata.sequence, id: id, json: try metadata.json(),
        tensors: try image.tensors(), metadata: metadata.user)
      counts.add(image, isSkip: false)
      recordCount += 1
      return record
    } catch {
      throw error.at("id=\(id)")
    }
  }

  private func skip(_ image: RecordImage, _ metadata: RecordMetadata) throws(Failure) -> SkipRecord
  {
    let record = SkipRecord(
      sequence: metadata.sequence, id: try metadata.id(), json: try metadata.json(),
      code: metadata["ts.error"] ?? "", message: metadata["ts.message"] ?? "",
      metadata: metadata.user)
    counts.add(image, isSkip: true)
    recordCount += 1
    skippedCount += 1
    return record
  }

  /// After an end record: false at the end of the input, true when a further stream has begun.
  private func beginNextStream() throws(Failure) -> Bool {
    let image: RecordImage?
    do { image = try RecordImage(frames, limits: limits) } catch {
      guard error.kind == .otherFormat else { throw error }
      throw RecordMetadata.fault("after-end", "bytes after the end record")
    }
    guard let image else { return false }
    counts = StreamCounts()
    let next = try Self.header(image, &counts)
    guard header.mayBeFollowed(by: next) else {
      throw RecordMetadata.fault(
        "after-end",
        "a further stream whose content, schema, model, config or recipe is another")
    }
    return true
  }

  private static func header(_ image: RecordImage, _ counts: inout StreamCounts) throws(Failure)
    -> StreamHeader
  {
    let metadata = try RecordMetadata(image.header)
    guard metadata.kind == .header, metadata.sequence == 0 else {
      throw RecordMetadata.fault("no-header", "expected a header with ts.seq 0 first")
    }
    var header = StreamHeader(
      content: metadata["ts.content"] ?? "",
      schema: try StreamSchema(parsing: metadata["ts.schema"] ?? ""),
      producer: metadata["ts.producer"] ?? "", model: metadata["ts.model"],
      config: metadata["ts.config"], input: metadata["ts.input"], metadata: metadata.user)
    counts.add(image)
    header.digest = counts.digest.hexadecimal()
    return header
  }
}
