// Walks JSON that is too large for memory: values are extracted or skipped as they come.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A place in JSON that is read once, from front to back, through a buffer of fixed size.
final class JSONCursor {
  let name: String
  private let source: any ByteSource
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
  private var unread = 0..<0
  /// Deeper values are refused; the kinds of the open brackets are bits of one number.
  private static let deepest = 64

  init(_ source: any ByteSource) {
    name = source.name
    self.source = source
  }

  deinit { buffer.deallocate() }

  private func fill() throws(Failure) -> Bool {
    if unread.isEmpty { unread = 0..<(try source.read(into: buffer)) }
    return !unread.isEmpty
  }

  /// The next byte that is not white space, which stays; nil at the end.
  func visibleByte() throws(Failure) -> UInt8? {
    while try fill() {
      for place in unread where !buffer[place].isJSONSpace {
        unread = place..<unread.upperBound
        return buffer[place]
      }
      unread = 0..<0
    }
    return nil
  }

  /// Steps over `byte` if it is the next that is visible.
  func take(_ byte: Character) throws(Failure) -> Bool {
    guard let wanted = byte.asciiValue, try visibleByte() == wanted else { return false }
    unread = unread.lowerBound + 1..<unread.upperBound
    return true
  }

  /// Steps over `byte`. Throws `coco/syntax` where another is next.
  func expect(_ byte: Character, _ place: String) throws(Failure) {
    guard try !take(byte) else { return }
    throw try fault("expected \(byte) \(place)")
  }

  /// Steps over the next value, which is not looked into: brackets must match and quotes close.
  func passValue() throws(Failure) { try scanValue(into: nil) }

  /// Steps over the next value and appends its bytes to `kept`, of which there may be `limit`.
  /// Throws `json/too-long` above.
  func takeValue(into kept: inout [UInt8], limit: Int) throws(Failure) {
    let collector = Collector(limit: limit - kept.count)
    try scanValue(into: collector)
    kept += collector.bytes
  }

  private func scanValue(into collector: Collector?) throws(Failure) {
    guard let first = try visibleByte(), ![0x2C, 0x5D, 0x7D].contains(first) else {
      throw try fault("expected a value")
    }
    var scanner = ValueScanner()
    while !scanner.isComplete {
      guard try fill() else { throw try fault("expected the rest of a value") }
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[unread])
      let count = scanner.scan(bytes)
      if scanner.isTooDeep || scanner.isMismatched {
        throw Failure(
          .invalidInput, code: "coco/syntax",
          scanner.isTooDeep
            ? "nested deeper than \(Self.deepest)" : "a bracket is closed by one of another kind")
      }
      try collector?.append(bytes[..<count])
      unread = unread.lowerBound + count..<unread.upperBound
    }
  }

  /// The failure of what stands here instead.
  func fault(_ expected: String) throws(Failure) -> Failure {
    let found = try visibleByte().map { byte in
      (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    }
    return Failure(
      .invalidInput, code: "coco/syntax", "\(expected), found \(found ?? "the end")",
      remedy: found == nil ? "the file is cut: fetch it again" : nil)
  }

  private final class Collector {
    var bytes: [UInt8] = []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    func append(_ more: Slice<UnsafeRawBufferPointer>) throws(Failure) {
      guard bytes.count + more.count <= limit else {
        throw Failure(
          .limitExceeded, code: "json/too-long",
          "expected an element that is shorter, without what is passed over",
          remedy: "raise --max-line")
      }
      bytes += more
    }
  }

  /// Finds the end of one value without parsing it.
  private struct ValueScanner {
    private var depth = 0
    /// The innermost bracket is the lowest bit: 1 for `{`.
    private var kinds: UInt64 = 0
    private var isInString = false
    private var isEscaped = false
    private(set) var isComplete = false
    private(set) var isTooDeep = false
    private(set) var isMismatched = false

    /// Looks at more bytes and returns how many of them belong to the value.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Int {
      for index in 0..<bytes.count {
        let byte = bytes[index]
        if isInString {
          if isEscaped {
            isEscaped = false
          } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
          } else if byte == UInt8(ascii: "\"") {
            isInString = false
            if depth == 0 { return finished(index + 1) }
          }
          continue
        }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): break
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          depth += 1
          isTooDeep = depth > deepest
          kinds = kinds << 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          if depth == 0 { return finished(index) }
          isMismatched = kinds & 1 != (byte == UInt8(ascii: "}") ? 1 : 0)
          kinds >>= 1
          depth -= 1
          if depth == 0 { return finished(index + 1) }
        case UInt8(ascii: ","): if depth == 0 { return finished(index) }
        default: if depth == 0, byte.isJSONSpace { return finished(index) }
        }
        if isTooDeep || isMismatched { return index }
      }
      return bytes.count
    }

    private mutating func finished(_ count: Int) -> Int {
      isComplete = true
      return count
    }
  }
}
