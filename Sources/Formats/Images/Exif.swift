// Reads which way up a photo is out of its metadata: EXIF, or XMP where EXIF does not say it.
// SPDX-License-Identifier: Apache-2.0

/// The metadata of a file that may name an orientation, gathered as Pillow gathers them.
struct PhotoMetadata {
  static let exifHeader: [UInt8] = Array("Exif\0\0".utf8)

  /// What follows the header of the first EXIF segment, later segments added to it.
  private(set) var exif: [UInt8]?
  /// The last XMP packet.
  var xmp: ArraySlice<UInt8>?

  /// Segments beyond the first go on where it ended.
  mutating func addExif(_ segment: some Sequence<UInt8>) {
    if exif == nil { exif = [] }
    exif?.append(contentsOf: segment)
  }

  /// The last one counts.
  mutating func replaceExif(_ chunk: some Sequence<UInt8>) {
    exif = Array(chunk)
  }

  /// 1 ... 8; 1 where nothing is said or it makes no sense.
  var orientation: Int {
    // Some programs write the header twice.
    let doubled = exif?.starts(with: Self.exifHeader) == true
    let tiff = exif.map { doubled ? Array($0.dropFirst(Self.exifHeader.count)) : $0 }
    let value = tiff.flatMap { TIFFDirectory($0)?.orientation } ?? xmpOrientation ?? 1
    return (1...8).contains(value) ? value : 1
  }

  /// The digit of `tiff:Orientation="6"` or `<tiff:Orientation>6`.
  private var xmpOrientation: Int? {
    guard var rest = xmp else { return nil }
    let name = Array("tiff:Orientation".utf8)
    while let start = rest.firstIndex(of: name[0]) {
      rest = rest[start...]
      let after = rest.dropFirst(name.count)
      if rest.starts(with: name) {
        for opening in ["=\"", ">"] where after.starts(with: opening.utf8) {
          let digit = after.dropFirst(opening.utf8.count).first
          if let digit, digit.isDigit { return Int(digit - 0x30) }
        }
      }
      rest = rest.dropFirst()
    }
    return nil
  }
}

/// The zeroth directory of a TIFF structure (CIPA DC-008, 4.6.2).
private struct TIFFDirectory {
  private let bytes: [UInt8]
  private let isLittle: Bool
  private let start: Int

  init?(_ bytes: [UInt8]) {
    isLittle = bytes.starts(with: [0x49, 0x49])
    guard isLittle || bytes.starts(with: [0x4D, 0x4D]) else { return nil }
    self.bytes = bytes
    // Pillow takes the 42 in either order.
    guard bytes.bigEndian16(at: 2) == 42 || bytes.bigEndian16(at: 2) == 42 << 8,
      let offset = bytes.bigEndian32(at: 4)
    else { return nil }
    start = isLittle ? Int(UInt32(offset).byteSwapped) : offset
  }

  /// The first value of tag 0x0112; 0 where it is no integer, nil where there is no such tag.
  var orientation: Int? {
    guard let entries = number(at: start, width: 2) else { return nil }
    for index in 0..<entries {
      let entry = start + 2 + 12 * index
      guard let tag = number(at: entry, width: 2), entry + 12 <= bytes.count else { return nil }
      guard tag == 0x0112, let type = number(at: entry + 2, width: 2), Self.types.contains(type),
        let count = number(at: entry + 4, width: 4), count > 0
      else { continue }
      guard let width = Self.integerWidths[type] else { return 0 }
      // What does not fit the field stands where the field says.
      if count <= 4 / width { return number(at: entry + 8, width: width) }
      return number(at: entry + 8, width: 4).flatMap { number(at: $0, width: width) }
    }
    return nil
  }

  /// BYTE to IFD; entries of types that there are not are passed over.
  private static let types = 1...13

  /// SHORT and LONG, their signed kin, SBYTE and IFD. A BYTE is bytes to Pillow, and no number.
  private static let integerWidths = [3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4]

  private func number(at offset: Int, width: Int) -> Int? {
    guard offset <= bytes.count - width else { return nil }
    let field = bytes[offset..<offset + width]
    return isLittle
      ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
  }
}
