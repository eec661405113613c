// Reads the orientation out of EXIF metadata.
// SPDX-License-Identifier: Apache-2.0

/// The orientation 1 ... 8 of a TIFF structure, or 1 when it has none or makes no sense
/// (CIPA DC-008, tag 0x0112 of the zeroth directory).
func exifOrientation(_ bytes: [UInt8], in range: Range<Int>) -> Int {
  let tiff = Array(bytes[range.clamped(to: 0..<bytes.count)])
  let isLittle = tiff.starts(with: [0x49, 0x49])
  guard isLittle || tiff.starts(with: [0x4D, 0x4D]) else { return 1 }

  func number16(at offset: Int) -> Int? {
    tiff.bigEndian16(at: offset).map { isLittle ? $0 >> 8 | ($0 & 0xFF) << 8 : $0 }
  }
  func number32(at offset: Int) -> Int? {
    guard let first = number16(at: offset), let second = number16(at: offset + 2) else {
      return nil
    }
    return isLittle ? second << 16 | first : first << 16 | second
  }

  guard number16(at: 2) == 42, let directory = number32(at: 4),
    let entries = number16(at: directory)
  else { return 1 }
  for index in 0..<entries {
    let entry = directory + 2 + 12 * index
    guard let tag = number16(at: entry) else { return 1 }
    guard tag == 0x0112 else { continue }
    // A SHORT, once; its value stands in the first two bytes of the field.
    guard number16(at: entry + 2) == 3, let value = number16(at: entry + 8) else { return 1 }
    return (1...8).contains(value) ? value : 1
  }
  return 1
}
