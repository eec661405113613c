// Reads little-endian numbers one after the other and never beyond the end.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A place in bytes that came from a file.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  let end: Int
  /// The code of the failure when the bytes end too early.
  let code: String

  /// `range` must lie inside `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>, code: String) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
    self.code = code
  }

  var isAtEnd: Bool { position == end }

  /// The next number, in little-endian order.
  mutating func next<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(Failure) -> T {
    let range = try take(MemoryLayout<T>.size)
    return T(
      littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self))
  }

  /// Where the next `count` bytes lie.
  mutating func take(_ count: Int) throws(Failure) -> Range<Int> {
    guard count >= 0, count <= end - position else {
      throw Failure(
        .invalidInput, code: code, at: "byte \(position)",
        "expected \(count) more bytes, found \(end - position)", remedy: "fetch the file again",
        kind: .cut)
    }
    defer { position += count }
    return position..<position + count
  }

  /// The next bytes up to a line feed, which is taken too and not returned.
  mutating func line(limit: Int) throws(Failure) -> Range<Int> {
    let begin = position
    let last = begin + min(limit, end - begin)
    guard let feed = bytes[begin..<last].firstIndex(of: UInt8(ascii: "\n")) else {
      throw Failure(
        .invalidInput, code: code, at: "byte \(begin)",
        "expected a line of at most \(limit) bytes", remedy: "fetch the file again")
    }
    position = feed + 1
    return begin..<feed
  }
}

/// A name for a message, short and harmless whatever the file says.
func quoted(_ name: String) -> String {
  let text = escapedForTerminal(name.prefix(bytes: 100))
  return name.utf8.count <= 100 ? "'\(text)'" : "'\(text)…'"
}
