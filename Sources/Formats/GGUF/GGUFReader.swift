// Reads numbers and texts of a GGUF file one after the other and never beyond the end.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A place in the bytes of a GGUF file, little-endian.
struct GGUFReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    precondition((0...bytes.count).contains(position))
    (self.bytes, self.position) = (bytes, position)
  }

  /// Bytes that are left.
  var left: Int { bytes.count - position }

  mutating func next<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(Failure) -> T {
    let place = try take(MemoryLayout<T>.size)
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: T.self))
  }

  /// A count or a size, which the format gives 64 bits; those beyond `Int` are refused.
  mutating func size(_ what: String) throws(Failure) -> Int {
    let start = position
    let found = try next(UInt64.self)
    guard let size = Int(exactly: found) else {
      throw Self.fault("size", at: start, "expected \(what) below 2^63, found \(found)")
    }
    return size
  }

  /// Where the next `count` bytes lie.
  mutating func take(_ count: Int) throws(Failure) -> Range<Int> {
    guard count >= 0, count <= left else {
      throw Failure(
        .invalidInput, code: "gguf/cut", at: "byte \(position)",
        "expected \(count) more bytes, found \(left)",
        remedy: "the file is cut short or damaged: fetch it again", kind: .cut)
    }
    defer { position += count }
    return position..<position + count
  }

  /// Where the bytes of the next text lie: its length and then itself.
  mutating func textRange() throws(Failure) -> Range<Int> { try take(size("a text's length")) }

  /// A name: printable ASCII, so that two spellings of one letter cannot pass for two names.
  mutating func name(_ what: String, limit: Int) throws(Failure) -> String {
    let start = position
    let range = try textRange()
    guard (1...limit).contains(range.count), bytes[range].allSatisfy({ (0x21...0x7e).contains($0) })
    else {
      throw Self.fault(
        "name", at: start,
        "expected \(what) of 1 to \(limit) printable ASCII bytes, found "
          + "\(range.count) bytes of another kind or length")
    }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  static func fault(_ code: String, at position: Int, _ message: String) -> Failure {
    Failure(
      .invalidInput, code: "gguf/\(code)", at: "byte \(position)", message,
      remedy: "fetch the file again, or take another edition")
  }
}
