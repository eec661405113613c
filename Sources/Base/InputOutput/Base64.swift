// Base 64 by RFC 4648, section 4: padded, on one line, and nothing else.
// SPDX-License-Identifier: Apache-2.0

private let letters = Array(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// The value of each letter; 255 for all other bytes.
private let values: [UInt8] = {
  var values = [UInt8](repeating: 255, count: 256)
  for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
  return values
}()

/// `bytes` in base 64.
public func base64(_ bytes: [UInt8]) -> String {
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let count = min(3, bytes.count - start)
    var group = 0
    for index in 0..<3 { group = group << 8 | (index < count ? Int(bytes[start + index]) : 0) }
    for index in 0..<4 {
      text.append(index <= count ? letters[group >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}

/// The bytes that `text` encodes; nil if it has a character other than the 64 letters, is not
/// padded to a multiple of four, or leaves bits set that belong to no byte.
public func bytes(ofBase64 text: Substring) -> [UInt8]? {
  var text = text
  return text.withUTF8 { text -> [UInt8]? in
    guard text.count % 4 == 0 else { return nil }
    let padding = text.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    let known = values
    var (group, bits) = (0, 0)
    for letter in text[..<(text.count - padding)] {
      let value = known[Int(letter)]
      guard value < 64 else { return nil }
      group = (group << 6 | Int(value)) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> bits))
      }
    }
    return group & (1 << bits - 1) == 0 ? bytes : nil
  }
}
