// Reads the orientation of a photo from its metadata: EXIF, or XMP if EXIF has none.
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
    let value = tiff.flatMap { TIFFDirectory($0)?.first(of: 0x0112) } ?? xmpOrientation ?? 1
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
