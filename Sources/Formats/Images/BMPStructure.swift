// The outline of a BMP file: its headers and palette.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What the headers of a BMP file say, those of OS/2 and of Windows 3 to 5.
package struct BMPStructure {
  package enum Compression: Int { case none, rle8, rle4, masks }

  package let width: Int
  package let height: Int
  package let isTopDown: Bool
  package let bits: Int
  package let compression: Compression
  /// Of red, green and blue; nil where the format has them by itself.
  package let masks: [Int]?
  /// Blue, green, red and, where `colourBytes` is 4, a byte that says nothing.
  package let palette: Range<Int>
  package let colourBytes: Int
  /// Where the pixels begin.
  package let data: Int

  package init(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) {
    guard let header = bytes.littleEndian32(at: 14), let offset = bytes.littleEndian32(at: 10)
    else {
      throw ImageFailure.cut("the BMP ends in its header")
    }
    guard [12, 40, 52, 56, 64, 108, 124].contains(header) else {
      throw ImageFailure.unsupported("a BMP with a header of \(header) bytes")
    }
    guard bytes.count >= 14 + header else {
      throw ImageFailure.cut("the BMP ends in its header")
    }
    let isOld = header == 12
    let width = bytes.littleEndian(at: 18, width: isOld ? 2 : 4) ?? 0
    let rawHeight = bytes.littleEndian(at: isOld ? 20 : 22, width: isOld ? 2 : 4) ?? 0
    // A height below zero: the first row is the top one.
    isTopDown = !isOld && rawHeight >> 24 == 0xFF
    self.width = width
    height = isTopDown ? 1 << 32 - rawHeight : rawHeight
    bits = bytes.littleEndian16(at: isOld ? 24 : 28) ?? 0
    guard let compression = Compression(rawValue: isOld ? 0 : bytes.littleEndian32(at: 30) ?? 0)
    else { throw ImageFailure.unsupported("a BMP that holds a JPEG or PNG, or is compressed") }
    self.compression = compression
    try options.check(width: width, height: height)
    guard [1, 4, 8, 16, 24, 32].contains(bits) else {
      throw ImageFailure.unsupported("a BMP of \(bits) bits a pixel")
    }
    // A header of 40 bytes has them after it, the longer ones inside, at the same place.
    let hasMasks = compression == .masks
    masks = hasMasks ? (0..<3).map { bytes.littleEndian32(at: 54 + 4 * $0) ?? 0 } : nil
    let start = 14 + header + (hasMasks && header == 40 ? 12 : 0)
    colourBytes = isOld ? 3 : 4
    let named = isOld ? 0 : bytes.littleEndian32(at: 46) ?? 0
    let count = bits > 8 ? 0 : named == 0 ? 1 << bits : named
    guard count <= 65_536 else {
      throw ImageFailure.corrupt("a BMP with a palette of \(count) colours")
    }
    palette = start..<start + count * colourBytes
    data = offset == 0 || (offset == 14 + header && bits <= 8) ? palette.upperBound : offset
    guard palette.upperBound <= bytes.count, data <= bytes.count else {
      throw ImageFailure.cut("the BMP ends before its pixels")
    }
    try checkKind()
    // Rows are padded to whole words of 32 bits.
    guard isRunLength || rowBytes.saturatingTimes(height) <= bytes.count - data else {
      throw ImageFailure.cut("the BMP ends before its last row")
    }
  }

  package var isRunLength: Bool { compression == .rle8 || compression == .rle4 }

  /// The bytes of a row that is not compressed.
  package var rowBytes: Int { (width * bits + 31) / 32 * 4 }

  private func checkKind() throws(Failure) {
    switch compression {
    case .none: return
    case .rle8 where bits == 8, .rle4 where bits == 4: return
    case .masks where Self.knownMasks[bits]?.contains(masks ?? []) == true: return
    default:
      throw ImageFailure.unsupported("a BMP with unusual masks or bits for its compression")
    }
  }

  /// Those that Pillow takes, by bits a pixel; all are whole bytes but those of 16 bits.
  private static let knownMasks: [Int: Set<[Int]>] = [
    16: [[0xF800, 0x7E0, 0x1F], [0x7C00, 0x3E0, 0x1F]],
    24: [[0xFF0000, 0xFF00, 0xFF]],
    32: [
      [0xFF0000, 0xFF00, 0xFF], [0xFF00_0000, 0xFF0000, 0xFF00], [0xFF00_0000, 0xFF00, 0xFF],
      [0xFF, 0xFF00, 0xFF0000], [0, 0, 0],
    ],
  ]
}
