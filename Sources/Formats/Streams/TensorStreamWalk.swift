// The scan of a tensor stream that builds its index, without reading the tensors.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Tensors

/// What a record says of itself before its tensors are read.
public struct RecordSummary: Sendable {
  /// 0 for the header of its stream, then one more for each record.
  public let sequence: Int
  public let id: String
  /// The input and the record, such as `a.tsz: record 3`, for messages.
  public let place: String
  /// The source object as it stands in the record, if it carries it.
  public let text: String?
  /// The same, parsed.
  public let json: JSONObject?
  /// Why there are no tensors, in a skip record.
  public let skip: SkipMark?
  /// In the order of their bytes.
  public let tensors: [(name: String, elementType: ElementType, shape: [Int])]
  /// Bytes of the record, uncompressed.
  public let byteCount: Int
  public let metadata: StreamMetadata

  /// The shape of the tensor called `name`, which is there if the header's schema has it.
  public func shape(of name: String) -> [Int]? {
    tensors.first { $0.name.utf8.elementsEqual(name.utf8) }?.shape
  }
}

/// Reads all beginnings and checks what the reader in order checks.
struct TensorStreamWalk {
  typealias Visit = (_ ordinal: Int, _ record: RecordSummary) throws(Failure) -> Void

  let header: StreamHeader
  private(set) var places: [RecordPlace] = []
  private(set) var skippedCount = 0
  /// Of all beginnings: equal for equal metadata, whatever the compression.
  private(set) var digest = SHA256()
  private let cursor: RecordCursor
  private var counts = StreamCounts(hashes: false)
  /// Where the stream began that is being read.
  private var streamStart = 0

  /// Reads the header. Throws what `TensorStreamReader.init` throws.
  init(_ cursor: RecordCursor) throws(Failure) {
    self.cursor = cursor
    do throws(Failure) {
      guard let first = try cursor.next() else { throw RecordMetadata.noBytes }
      header = try StreamHeader(
        RecordMetadata(first.beginning.header), prefix: first.beginning.prefix)
      count(first.beginning, isSkip: false)
    } catch {
      throw error.at("\(cursor.file.path): header")
    }
  }

  private var place: String { "\(cursor.file.path): record \(places.count + 1)" }

  /// Goes to the end. Throws what `TensorStreamReader.next` throws, and what `visit` throws.
  mutating func run(_ visit: Visit) throws(Failure) {
    do throws(Failure) { while try advance(visit) {} } catch { throw error.at(place) }
  }

  private mutating func count(_ beginning: RecordBeginning, isSkip: Bool) {
    digest.update(beginning.prefix)
    counts.add(byteCount: beginning.byteCount, isSkip: isSkip)
  }

  /// False after the end record of the last stream.
  private mutating func advance(_ visit: Visit) throws(Failure) -> Bool {
    guard let (beginning, range) = try cursor.next() else { throw RecordMetadata.noEnd }
    let metadata = try RecordMetadata(beginning.header)
    try counts.checkSequence(metadata)
    switch metadata.kind {
    case .header: throw RecordMetadata.headerInside
    case .data, .skip:
      let summary = try summary(beginning, metadata)
      try visit(places.count, summary)
      let isSkip = metadata.kind == .skip
      count(beginning, isSkip: isSkip)
      places.append(RecordPlace(range, number: metadata.sequence, isSkip: isSkip))
      if isSkip { skippedCount += 1 }
    case .end:
      try counts.check(metadata)
      try checkHash(metadata, end: range.lowerBound)
      digest.update(beginning.prefix)
      return try beginNextStream(at: range.upperBound)
    }
    return true
  }

  private func summary(_ beginning: RecordBeginning, _ metadata: RecordMetadata) throws(Failure)
    -> RecordSummary
  {
    let id = try metadata.id()
    do throws(Failure) {
      if metadata.kind == .data { try header.schema.check(beginning.header) }
      let mark = metadata["ts.error"].map { code in
        SkipMark(code: code, message: metadata["ts.message"] ?? "")
      }
      return RecordSummary(
        sequence: metadata.sequence, id: id, place: place, text: metadata["json"],
        json: try metadata.json(), skip: mark,
        tensors: beginning.header.entries.map { ($0.name, $0.elementType, $0.shape) },
        byteCount: beginning.byteCount, metadata: metadata.user)
    } catch {
      throw metadata.kind == .data ? error.at("id=\(id)") : error
    }
  }

  /// Without frames there are no checksums: the hash is all that tells of damage.
  private func checkHash(_ end: RecordMetadata, end position: Int) throws(Failure) {
    guard !cursor.isCompressed, end["ts.sha256"] != nil else { return }
    var hash = SHA256()
    var pages = PageRelease(cursor.file)
    for start in stride(from: streamStart, to: position, by: 1 << 20) {
      try Interruption.check(cursor.file.path)
      let part = cursor.file.bytes[start..<min(position, start + 1 << 20)]
      hash.update(UnsafeRawBufferPointer(rebasing: part))
      pages.advance(to: start)
    }
    try StreamCounts.check(hash, end)
  }

  /// After an end record: false at the end of the file, true when a further stream has begun.
  private mutating func beginNextStream(at position: Int) throws(Failure) -> Bool {
    let next: (beginning: RecordBeginning, range: Range<Int>)?
    do throws(Failure) { next = try cursor.next() } catch {
      throw error.kind == .otherFormat ? RecordMetadata.bytesAfterEnd : error
    }
    guard let beginning = next?.beginning else { return false }
    try header.checkFollower(
      StreamHeader(RecordMetadata(beginning.header), prefix: beginning.prefix))
    counts = StreamCounts(hashes: false)
    count(beginning, isSkip: false)
    streamStart = position
    return true
  }
}
