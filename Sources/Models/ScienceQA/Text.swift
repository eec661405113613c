// Replacing in text byte by byte, as Python's str.replace does.
// SPDX-License-Identifier: Apache-2.0

/// `text` with each `old`, found from left to right and never overlapping, replaced by `new`.
func replacing(_ old: String, in text: String, with new: String) -> String {
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

/// Whether `text` begins with the bytes of `beginning`.
func begins(_ text: String, with beginning: String) -> Bool {
  text.utf8.starts(with: beginning.utf8)
}
