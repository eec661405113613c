// One safetensors image, read from decompressed bytes: its header, then its data.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Safetensors
import Tensors

/// Where a record begins: the header that says what its tensors are.
struct RecordBeginning {
  let header: SafetensorsHeader
  /// The length and the JSON as they were read.
  let prefix: [UInt8]
  /// Bytes of the whole record.
  let byteCount: Int

  /// Reads up to the tensors; nil where the input ends before the first byte.
  ///
  /// Throws `stream/cut`, `stream/not-a-stream`, `stream/too-large`, and what frames and headers
  /// throw.
  init?(_ frames: FrameReader, limits: StreamLimits) throws(Failure) {
    var prefix = [UInt8](repeating: 0, count: 8)
    let first = try prefix.readAll(from: frames, at: 0)
    if first == 0 { return nil }
    guard first == 8 else { throw RecordImage.cut }
    let rules = SafetensorsRules.stream
    let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let hasLength = length > 0 && length <= UInt64(rules.headerBytes)
    // gzip's header may pass for a length.
    guard hasLength, ForeignFormat.beginning(prefix) == nil else {
      throw Self.notAStream(prefix + (try frames.peek(8)))
    }
    let count = Int(length)
    prefix += [UInt8](repeating: 0, count: count)
    guard try prefix.readAll(from: frames, at: 8) == count else { throw RecordImage.cut }
    header = try prefix.withUnsafeBufferPointer { (bytes) throws(Failure) in
      let json = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[8...])
      return try SafetensorsHeader.parse(json, dataByteCount: nil, rules: rules)
    }
    self.prefix = prefix
    let total = checkedSum(prefix.count, header.dataByteCount)
    guard let total, total <= limits.recordBytes else {
      throw Failure(
        .limitExceeded, code: "stream/too-large",
        "expected a record of at most \(limits.recordBytes) bytes, found \(total ?? .max)",
        remedy: "raise --max-record")
    }
    byteCount = total
  }

  private static func notAStream(_ beginning: [UInt8]) -> Failure {
    let isJSON = [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(beginning.first)
    let format =
      ForeignFormat.beginning(beginning)
      ?? ForeignFormat(
        name: isJSON ? "JSON" : "something else",
        remedy: isJSON ? "pass it through clip-encode first" : nil)
    return Failure(
      .invalidInput, code: "stream/not-a-stream", "expected a tensor stream, found \(format.name)",
      remedy: format.remedy, kind: .otherFormat)
  }
}

/// The bytes of a record and the header that describes them.
struct RecordImage {
  let header: SafetensorsHeader
  /// The length and the JSON as they were read.
  let prefix: [UInt8]
  let data: RecordBuffer

  /// Reads one image; nil where the input ends before its first byte. Throws what its beginning
  /// throws.
  init?(_ frames: FrameReader, limits: StreamLimits) throws(Failure) {
    guard let beginning = try RecordBeginning(frames, limits: limits) else { return nil }
    try self.init(beginning, frames)
  }

  /// Reads what follows `beginning`. Throws `stream/cut` and what frames throw.
  init(_ beginning: RecordBeginning, _ frames: FrameReader) throws(Failure) {
    (header, prefix) = (beginning.header, beginning.prefix)
    data = try RecordBuffer(byteCount: header.dataByteCount)
    guard try data.fill(from: frames) else { throw Self.cut }
    try frames.settle()
  }

  static var cut: Failure {
    Failure(
      .invalidInput, code: "stream/cut", "the input ends inside the record", kind: .cut)
  }

  /// The tensors, sharing the data. Throws `stream/bool` for a BOOL other than 0 and 1.
  func tensors() throws(Failure) -> [(name: String, tensor: Tensor)] {
    let storage = TensorStorage(borrowing: UnsafeRawBufferPointer(data.bytes), owner: data)
    var tensors: [(name: String, tensor: Tensor)] = []
    for entry in header.entries {
      if entry.elementType == .bool, data.bytes[entry.byteRange].contains(where: { $0 > 1 }) {
        throw RecordMetadata.fault("bool", "'\(entry.name)' holds a BOOL other than 0 and 1")
      }
      let tensor = Tensor(
        entry.elementType, shape: entry.shape, storage: storage,
        byteOffset: entry.byteRange.lowerBound)
      tensors.append((entry.name, tensor))
    }
    return tensors
  }
}

/// Memory of one record's tensors, freed when the last of them goes.
final class RecordBuffer: @unchecked Sendable {
  // Sendable: written only before the record is delivered.
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) throws(Failure) { bytes = try allocate(byteCount) }

  deinit { free(bytes.baseAddress) }

  /// False when the input ends before all bytes are there.
  func fill(from frames: FrameReader) throws(Failure) -> Bool {
    var filled = 0
    while filled < bytes.count {
      let room = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
      let count = try frames.read(into: room)
      if count == 0 { return false }
      filled += count
    }
    return true
  }
}

extension [UInt8] {
  /// Fills the bytes from `start` on and returns how many there were.
  fileprivate mutating func readAll(from frames: FrameReader, at start: Int) throws(Failure) -> Int
  {
    let end = count
    return try withUnsafeMutableBufferPointer { (bytes) throws(Failure) in
      var filled = start
      while filled < end {
        let room = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(bytes)[filled...])
        let count = try frames.read(into: room)
        if count == 0 { break }
        filled += count
      }
      return filled - start
    }
  }
}
