// Random access to the records of a tensor stream in a regular file, from any thread.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A tensor stream that was walked once, so that each of its records can be had at once.
///
/// The walk checks what the reader in order checks: headers, sequence numbers, kinds, schema, limits
/// and the counts at the end. Tensors are read by `record(at:)` alone, which checks the frame's
/// checksum; where there are no frames, the walk holds the whole file against the end's SHA-256. An
/// index takes 24 bytes a record.
public final class TensorStreamIndex: Sendable {
  /// The path, for messages.
  public let name: String
  /// The header of the stream, or of the first of several.
  public let header: StreamHeader
  /// Data and skip records of all streams of the file.
  public var count: Int { places.count }
  public let skippedCount: Int
  /// SHA-256 of all records' metadata and shapes, end records included, which name the SHA-256 of
  /// all bytes where a tool of ours wrote the file. The same however the file is compressed.
  public let digest: String
  private let file: MappedFile
  private let limits: StreamLimits
  private let places: [RecordPlace]

  /// Walks the file `path`. `visit` sees every record in order, from ordinal 0, and may refuse it.
  ///
  /// Throws what `TensorStreamReader` and `MappedFile` throw, `file/changed`, and
  /// `stream/shared-frame` where frames hold several records or parts of one.
  public convenience init(
    path: String, limits: StreamLimits = StreamLimits(),
    warn: @escaping (String) -> Void = { _ in },
    visit: (_ ordinal: Int, _ record: RecordSummary) throws(Failure) -> Void = { _, _ in }
  ) throws(Failure) {
    try self.init(try MappedFile(path: path), limits: limits, warn: warn, visit: visit)
  }

  init(
    _ file: MappedFile, limits: StreamLimits, warn: @escaping (String) -> Void,
    visit: (_ ordinal: Int, _ record: RecordSummary) throws(Failure) -> Void
  ) throws(Failure) {
    let walked = Result { () throws(Failure) in
      try file.withRandomAccess { () throws(Failure) in
        var walk = try TensorStreamWalk(RecordCursor(file, limits: limits, warn: warn))
        try walk.run(visit)
        return walk
      }
    }
    try file.verifyUnchanged()
    let walk = try walked.get()
    self.file = file
    self.limits = limits
    name = file.path
    header = walk.header
    // A copy of the right size: what grew by doubling may be twice as large.
    places = walk.places.withUnsafeBufferPointer { Array($0) }
    skippedCount = walk.skippedCount
    digest = walk.digest.hexadecimal()
  }

  /// Whether the record at `ordinal` is a skip record.
  public func isSkip(at ordinal: Int) -> Bool { places[ordinal].isSkip }

  /// The record at `ordinal`, from 0, skip records counted.
  ///
  /// Throws what `TensorStreamReader.next` throws of a damaged record, or `file/changed`.
  public func record(at ordinal: Int) throws(Failure) -> StreamRecord {
    let place = places[ordinal]
    do throws(Failure) {
      return try file.read(place) { (source) throws(Failure) in
        let frames = try FrameReader(source, limits: limits, warn: { _ in })
        guard let image = try RecordImage(frames, limits: limits) else { throw RecordImage.cut }
        let metadata = try RecordMetadata(image.header)
        guard metadata.sequence == place.number else {
          throw RecordMetadata.fault(
            "sequence", "expected sequence number \(place.number), found \(metadata.sequence)")
        }
        return place.isSkip
          ? .skip(try SkipRecord(metadata)) : .data(try DataRecord(image, metadata, header.schema))
      }
    } catch {
      throw error.at("\(name): record \(ordinal + 1)")
    }
  }
}
