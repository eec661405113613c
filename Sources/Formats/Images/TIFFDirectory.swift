// The zeroth directory of a TIFF structure: of EXIF data, and of TIFF files themselves.
// SPDX-License-Identifier: Apache-2.0

/// The zeroth directory of a TIFF structure (TIFF 6.0, section 2; CIPA DC-008, 4.6.2).
struct TIFFDirectory {
  private let bytes: [UInt8]
  private let isLittle: Bool
  /// Offsets and counts of 8 bytes (BigTIFF).
  private let isBig: Bool
  private let start: Int

  /// `takesBig`: whether it may be a BigTIFF.
  init?(_ bytes: [UInt8], takesBig: Bool = false) {
    isLittle = bytes.starts(with: [0x49, 0x49])
    guard isLittle || bytes.starts(with: [0x4D, 0x4D]) else { return nil }
    self.bytes = bytes
    // Pillow takes the 42 in either order, the 43 of BigTIFF as well.
    guard let version = bytes.bigEndian16(at: 2) else { return nil }
    isBig = takesBig && (version == 43 || version == 43 << 8)
    guard isBig || version == 42 || version == 42 << 8 else { return nil }
    guard
      let offset = Self.number(bytes, at: isBig ? 8 : 4, width: isBig ? 8 : 4, isLittle: isLittle)
    else { return nil }
    start = offset
  }

  /// The first value of a tag; 0 where it is no integer, nil where there is no such tag.
  func first(of wanted: Int) -> Int? {
    guard let entries = number(at: start, width: isBig ? 8 : 2) else { return nil }
    let width = isBig ? 20 : 12
    var entry = start + (isBig ? 8 : 2)
    for _ in 0..<entries {
      guard entry <= bytes.count - width, let tag = number(at: entry, width: 2) else { return nil }
      if tag == wanted, let value = value(at: entry) { return value }
      entry += width
    }
    return nil
  }

  /// The first value of an entry; nil where it is passed over.
  private func value(at entry: Int) -> Int? {
    let room = isBig ? 8 : 4
    guard let type = number(at: entry + 2, width: 2), Self.types.contains(type),
      let count = number(at: entry + 4, width: room), count > 0
    else { return nil }
    guard let width = Self.integerWidths[type] else { return 0 }
    let field = entry + 4 + room
    // What does not fit the field stands where the field says.
    if count <= room / width { return number(at: field, width: width) }
    return number(at: field, width: room).flatMap { number(at: $0, width: width) }
  }

  /// BYTE to IFD, and the longer ones of BigTIFF; entries of types that there are not are passed over.
  private static let types = [Int](1...13) + [16, 17, 18]

  /// SHORT and LONG, their signed kin, SBYTE and IFD. A BYTE is bytes to Pillow, and no number.
  private static let integerWidths = [3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8]

  private func number(at offset: Int, width: Int) -> Int? {
    Self.number(bytes, at: offset, width: width, isLittle: isLittle)
  }

  /// Nil where it is not all there, or larger than any that makes sense.
  private static func number(
    _ bytes: [UInt8], at offset: Int, width: Int, isLittle: Bool
  ) -> Int? {
    guard offset >= 0, offset <= bytes.count - width else { return nil }
    let field = bytes[offset..<offset + width]
    let ordered = isLittle ? Array(field.reversed()) : Array(field)
    guard width < 8 || ordered[0] < 0x80 else { return nil }
    return ordered.reduce(0) { $0 << 8 | Int($1) }
  }
}
