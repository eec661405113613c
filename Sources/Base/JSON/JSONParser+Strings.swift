// Strings of the strict parser: escapes, surrogates, UTF-8.
// SPDX-License-Identifier: Apache-2.0

extension JSONParser {
  mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    position = plainEnd(of: bytes, from: start)
    guard let byte = next else { throw fault("expected \" before the end") }
    if byte == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try text(UnsafeRawBufferPointer(rebasing: bytes[start..<position]), from: start)
    }
    if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
    throw fault("a control character must be escaped in a string")
  }

  private func text(_ utf8: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> String {
    // Far faster than `validating`, which is generic code of the standard library.
    if isASCII(utf8) { return String(decoding: utf8, as: UTF8.self) }
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw JSONError(offset: start, message: "the string is not valid UTF-8", isNoText: true)
    }
    return text
  }

  /// The string that began at `start` and has its first escape at `position`.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var content = Array(bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return try content.withUnsafeBufferPointer { (content) throws(JSONError) in
          try text(UnsafeRawBufferPointer(content), from: start)
        }
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &content)
      case 0..<0x20: throw fault("a control character must be escaped in a string")
      default:
        let end = plainEnd(of: bytes, from: position)
        content.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
        position = end
      }
    }
    throw fault("expected \" before the end")
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw fault("expected the rest of an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content += String(Character(try scalar())).utf8
    default: throw fault("no such escape", at: position - 1)
    }
  }

  /// The character after `\u`, which may take two escapes.
  private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
    let start = position
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xdc00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw fault("a lone surrogate", at: start)
    }
    let second = try hexadecimal()
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw fault("a lone surrogate", at: start) }
    return scalar
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
