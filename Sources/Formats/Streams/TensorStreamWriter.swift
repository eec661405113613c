// Writes Tensor Stream 1 (llava-stream(5)): each record in one write as soon as it is finished.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Safetensors
import Tensors

/// A tensor stream being written. Without `finish` it has no end record and every reader refuses
/// it: so a failure stays visible, and `finish` must be called only after all input was read without error.
public final class TensorStreamWriter {
  public let header: StreamHeader
  /// Records written so far, skipped ones included.
  public var recordCount: Int { counts.records }
  public var skippedCount: Int { counts.skipped }

  private let frames: FrameWriter
  private let hashes: Bool
  private let limits: StreamLimits
  private let beforeEnd: () throws(Failure) -> Void
  private var counts = StreamCounts()
  private var failure: Failure?

  /// Writes the header. `level` 0 stores, 1 to 19 are zstd's. `hash`: whether the end record holds
  /// a SHA-256; nil: where `sink` is a regular file. `beforeEnd` throws where there must be no end
  /// record in spite of all.
  public init(
    _ sink: any ByteSink, header: StreamHeader, level: Int = 1, hash: Bool? = nil,
    limits: StreamLimits = StreamLimits(),
    beforeEnd: @escaping () throws(Failure) -> Void = {}
  ) throws(Failure) {
    self.header = header
    self.limits = limits
    self.beforeEnd = beforeEnd
    frames = try FrameWriter(sink, level: level)
    hashes = hash ?? sink.isRegularFile
    var metadata: StreamMetadata = [
      ("ts.version", "1"), ("ts.content", header.content),
      ("ts.schema", header.schema.json.serializedString), ("ts.producer", header.producer),
    ]
    let optional = [
      ("ts.model", header.model), ("ts.config", header.config), ("ts.input", header.input),
    ]
    for case (let key, let value?) in optional { metadata.append((key, value)) }
    try write(.header, metadata + header.metadata, [])
  }

  /// Writes a data record. The tensors must be those of the schema; control characters in `id` are
  /// escaped.
  ///
  /// Throws `stream/schema`, `stream/json-too-large` or `stream/too-large` with nothing written, so
  /// that the caller may skip the record; `io/write` when the stream is lost.
  public func write(
    id: String, json: JSONObject?, tensors: [(name: String, tensor: Tensor)],
    metadata: StreamMetadata = []
  ) throws(Failure) {
    try header.schema.check(tensors.map { ($0.name, $0.tensor.elementType, $0.tensor.shape) })
    var fields: StreamMetadata = [("id", streamIdentifier(id, sequence: counts.sequence))]
    if let json { fields.append(("json", try Self.text(json))) }
    try write(.data, fields + metadata, tensors)
  }

  /// Throws `stream/schema` or `stream/too-large` where a record of tensors of these types and
  /// shapes could not be written, so that nobody computes them first.
  public func check(_ tensors: [(name: String, type: ElementType, shape: [Int])]) throws(Failure) {
    try header.schema.check(tensors.map { ($0.name, $0.type, $0.shape) })
    let sizes = tensors.map { checkedProduct($0.shape + [$0.type.byteWidth]) ?? .max }
    let total = checkedSum(sizes) ?? .max
    guard total <= limits.recordBytes else { throw tooLarge("\(total)") }
  }

  private func tooLarge(_ found: String) -> Failure {
    Failure(
      .limitExceeded, code: "stream/too-large",
      "expected a record of at most \(limits.recordBytes) bytes, found \(found)",
      remedy: "raise --max-record")
  }

  /// Writes a skip record. A source object that is too large is left out.
  public func skip(
    id: String, json: JSONObject?, code: String, message: String, metadata: StreamMetadata = []
  ) throws(Failure) {
    var fields: StreamMetadata = [("id", streamIdentifier(id, sequence: counts.sequence))]
    if let json, let text = try? Self.text(json) { fields.append(("json", text)) }
    fields += [("ts.error", code), ("ts.message", message.prefix(bytes: 1000))]
    try write(.skip, fields + metadata, [])
  }

  /// Writes a skip record of an earlier tool as it was.
  public func skip(_ record: SkipRecord) throws(Failure) {
    try skip(
      id: record.id, json: record.json, code: record.code, message: record.message,
      metadata: record.metadata)
  }

  /// Writes the end record and makes sure that all bytes arrived.
  public func finish() throws(Failure) {
    try beforeEnd()
    var metadata: StreamMetadata = [
      ("ts.records", "\(counts.records)"), ("ts.skipped", "\(counts.skipped)"),
      ("ts.bytes", "\(counts.bytes)"),
    ]
    if hashes, let digest = counts.digest {
      metadata.append(("ts.sha256", digest.hexadecimal()))
    }
    try write(.end, metadata, [])
    try frames.sink.finish()
  }

  private static func text(_ json: JSONObject) throws(Failure) -> String {
    let bytes = JSONValue.object(json).serialized()
    guard bytes.count <= largestMetadataValue else {
      throw Failure(
        .limitExceeded, code: "stream/json-too-large",
        "expected an object of at most \(largestMetadataValue) bytes, found \(bytes.count)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func write(
    _ kind: RecordKind, _ metadata: StreamMetadata, _ tensors: [(name: String, tensor: Tensor)]
  ) throws(Failure) {
    if let failure { throw failure }
    let fixed: StreamMetadata = [("ts.kind", kind.rawValue), ("ts.seq", "\(counts.sequence)")]
    let built = try SafetensorsHeader.build(
      tensors.map { ($0.name, $0.tensor.elementType, $0.tensor.shape) },
      metadata: fixed + metadata, rules: .stream)
    guard built.header.dataByteCount <= limits.recordBytes - built.bytes.count else {
      throw tooLarge("\(built.header.dataByteCount) and a header")
    }
    let ordered = built.header.entries.compactMap { entry in
      tensors.first { $0.name.utf8.elementsEqual(entry.name.utf8) }?.tensor
    }
    do {
      try emit(built.bytes, ordered) { (parts) throws(Failure) in
        try frames.write(parts)
        counts.add(parts, isSkip: kind == .skip)
      }
    } catch {
      failure = error
      throw error
    }
  }
}
