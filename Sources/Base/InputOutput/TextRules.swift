// Text as scalars and bytes, where Swift's own functions work on grapheme clusters.
// SPDX-License-Identifier: Apache-2.0

/// White space by the rule of Python's `str.isspace`.
public func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
  scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
}

/// `text` without the white space around it, by the rule of Python's `str.strip`: scalar by scalar,
/// so that a mark after a space is not taken for part of it.
public func strippingWhitespace(_ text: String) -> String {
  let scalars = text.unicodeScalars
  guard let first = scalars.firstIndex(where: { !isWhitespace($0) }),
    let last = scalars.lastIndex(where: { !isWhitespace($0) })
  else { return "" }
  return String(scalars[first...last])
}

/// `text` with each `old`, found from left to right and never overlapping, replaced by `new`:
/// the bytes decide, as in Python's `str.replace`.
public func replacing(_ old: String, in text: String, with new: String) -> String {
  let (bytes, pattern) = (Array(text.utf8), Array(old.utf8))
  guard let first = pattern.first, bytes.count >= pattern.count else { return text }
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var position = 0
  while position < bytes.count {
    if bytes[position] == first, bytes[position...].starts(with: pattern) {
      result += new.utf8
      position += pattern.count
    } else {
      result.append(bytes[position])
      position += 1
    }
  }
  return String(decoding: result, as: UTF8.self)
}

extension String {
  /// The parts between bytes `separator`, an ASCII one, empty parts too.
  public func split(atByte separator: UInt8) -> [String] {
    utf8.split(separator: separator, omittingEmptySubsequences: false).map { String($0) ?? "" }
  }

  /// The first whole scalars, `limit` bytes at most: a single character can be of any length.
  public func prefix(bytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var size = 0
    let kept = unicodeScalars.prefix { scalar in
      size += UTF8.width(scalar)
      return size <= limit
    }
    return String(kept)
  }

  /// The text, or where it has more than `limit` bytes its beginning and its end, whole scalars, and
  /// between them how many bytes there were; somewhat less than `limit` bytes in all.
  public func shortenedInTheMiddle(bytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    let middle = "... (\(grouped(utf8.count)) bytes) ..."
    let half = max(0, limit - middle.utf8.count) / 2
    var start = utf8.index(utf8.endIndex, offsetBy: -half)
    while start < utf8.endIndex, utf8[start] & 0xC0 == 0x80 { start = utf8.index(after: start) }
    return prefix(bytes: half) + middle + self[start...]
  }

  /// Whether the last bytes are those of `ending`.
  public func ends(withBytesOf ending: String) -> Bool {
    utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }
}
