// Finds the runs of a text that JSON needs not escape.
// SPDX-License-Identifier: Apache-2.0

/// The first place from `start` on with a byte that a string in JSON has only escaped or as its end:
/// a quote, a backslash or a control character; the end of `bytes` where there is none.
///
/// Eight bytes a step. In a word `x`, `(x - 0x01…) & ~x & 0x80…` has a bit for the lowest zero byte,
/// and may have more above it (Warren, Hacker's Delight, 6-1): only the lowest is looked at.
func plainEnd(of bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let tops = ones << 7
  var place = start
  while place + 8 <= bytes.count {
    let word = UInt64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let found =
      ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
      | ((word &- ones &* 0x20) & ~word)
    if found & tops != 0 { return place + (found & tops).trailingZeroBitCount / 8 }
    place += 8
  }
  while place < bytes.count, !isSpecial(bytes[place]) { place += 1 }
  return place
}

private func isSpecial(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
}

/// Whether no byte has its top bit.
func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var all: UInt8 = 0
  for byte in bytes { all |= byte }
  return all < 0x80
}
