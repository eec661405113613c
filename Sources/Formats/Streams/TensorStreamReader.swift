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
        throw RecordMetadata.noBytes
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
        throw RecordMetadata.noEnd
      }
      let metadata = try RecordMetadata(image.header)
      try counts.checkSequence(metadata)
      switch metadata.kind {
      case .header: throw RecordMetadata.headerInside
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
    let record = try DataRecord(image, metadata, header.schema)
    counts.add(image, isSkip: false)
    recordCount += 1
    return record
  }

  private func skip(_ image: RecordImage, _ metadata: RecordMetadata) throws(Failure) -> SkipRecord
  {
    let record = try SkipRecord(metadata)
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
      throw RecordMetadata.bytesAfterEnd
    }
    guard let image else { return false }
    counts = StreamCounts()
    let next = try Self.header(image, &counts)
    try header.checkFollower(next)
    return true
  }

  private static func header(_ image: RecordImage, _ counts: inout StreamCounts) throws(Failure)
    -> StreamHeader
  {
    let header = try StreamHeader(RecordMetadata(image.header), prefix: image.prefix)
    counts.add(image)
    return header
  }
}
