// The outline of a GIF file: its screen and the place of its first image.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What stands before the first image's data (GIF89a, sections 18 to 23).
package struct GIFStructure {
  package private(set) var width: Int
  package private(set) var height: Int
  /// The part of the screen that the image covers.
  package private(set) var columns = 0..<0
  package private(set) var rows = 0..<0
  package private(set) var isInterlaced = false
  /// The index that shows what lies below.
  package private(set) var transparent: Int?
  /// Three bytes a colour: the image's own palette, else the file's; nil where there is neither.
  package private(set) var palette: Range<Int>?
  /// Where the smallest width of a code stands, and the image's data after it.
  package private(set) var data = 0

  package init(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) {
    guard let width = bytes.littleEndian16(at: 6), let height = bytes.littleEndian16(at: 8),
      bytes.count > 13
    else { throw ImageFailure.cut("the GIF ends in its header") }
    (self.width, self.height) = (width, height)
    var position = 13
    if bytes[10] & 0x80 != 0 {
      palette = position..<position + 3 << (Int(bytes[10] & 7) + 1)
      position = palette?.upperBound ?? position
    }
    var blocks = 0
    while position < bytes.count {
      blocks += 1
      guard blocks <= options.maxSegments else {
        throw ImageFailure.tooComplex("more than \(options.maxSegments) blocks before the image")
      }
      switch bytes[position] {
      case UInt8(ascii: "!"): try passExtension(bytes, &position)
      case UInt8(ascii: ","):
        try readImage(bytes, position)
        try options.check(width: self.width, height: self.height)
        return
      case UInt8(ascii: ";"): throw ImageFailure.corrupt("the GIF holds no image")
      // What stands between blocks by mistake is passed over, as Pillow does.
      default: position += 1
      }
    }
    throw ImageFailure.cut("the GIF ends before its first image")
  }

  /// Label, then blocks with their lengths up to an empty one.
  private mutating func passExtension(_ bytes: [UInt8], _ position: inout Int) throws(Failure) {
    let start = position
    position += 2
    while position < bytes.count, bytes[position] != 0 { position += 1 + Int(bytes[position]) }
    position += 1
    guard position <= bytes.count else {
      throw ImageFailure.cut("the GIF ends in an extension")
    }
    // The graphic control: flags, delay, transparent index.
    if bytes[start + 1] == 0xF9, bytes[start + 2] >= 4, bytes[start + 3] & 1 != 0 {
      transparent = Int(bytes[start + 6])
    }
  }

  private mutating func readImage(_ bytes: [UInt8], _ position: Int) throws(Failure) {
    guard position + 10 < bytes.count, let left = bytes.littleEndian16(at: position + 1),
      let top = bytes.littleEndian16(at: position + 3),
      let across = bytes.littleEndian16(at: position + 5),
      let down = bytes.littleEndian16(at: position + 7)
    else { throw ImageFailure.cut("the GIF ends before its first image") }
    (columns, rows) = (left..<left + across, top..<top + down)
    // An image that leaves the screen makes it larger.
    (width, height) = (max(width, columns.upperBound), max(height, rows.upperBound))
    isInterlaced = bytes[position + 9] & 0x40 != 0
    data = position + 10
    if bytes[position + 9] & 0x80 != 0 {
      palette = data..<data + 3 << (Int(bytes[position + 9] & 7) + 1)
      data = palette?.upperBound ?? data
    }
    guard data < bytes.count else {
      throw ImageFailure.cut("the GIF ends before its first image")
    }
  }
}
