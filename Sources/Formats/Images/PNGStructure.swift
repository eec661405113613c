// The outline of a PNG file: header and chunks, read before any decoding.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What the chunk headers of a PNG file say (W3C PNG, section 5), for the limits.
struct PNGStructure {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private(set) var width = 0
  private(set) var height = 0
  private(set) var bitDepth = 0
  private(set) var colourType = 0
  private(set) var imageBytes = 0
  private(set) var photo = PhotoMetadata()
  /// Where the image ends: after IEND, or nil when there is none.
  private(set) var end: Int?

  init(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) {
    var position = Self.signature.count
    try readHeader(bytes, at: position)
    var others = 0
    var metadata = 0
    while let length = bytes.bigEndian32(at: position), length <= bytes.count - position - 12 {
      let body = position + 8..<position + 8 + length
      let kind = bytes[position + 4..<position + 8]
      position = body.upperBound + 4
      if kind.elementsEqual("IEND".utf8) {
        end = position
        return
      }
      if kind.elementsEqual("IDAT".utf8) {
        imageBytes += length
        continue
      }
      others += 1
      metadata += length
      if kind.elementsEqual("eXIf".utf8) { photo.replaceExif(bytes[body]) }
      if kind.elementsEqual("iTXt".utf8) { noteText(bytes[body]) }
      guard others <= options.maxSegments, metadata <= options.maxMetadata else {
        throw ImageFailure.tooComplex(
          "\(others) chunks and \(metadata) bytes of metadata, more than the limit")
      }
    }
    // A chunk that is not all there: what there is of it may still be image data.
    if position + 8 <= bytes.count, bytes[position + 4..<position + 8].elementsEqual("IDAT".utf8) {
      imageBytes += bytes.count - position - 8
    }
  }

  /// XMP stands in a text chunk of its own, not compressed: keyword, 0, two bytes, language, 0,
  /// translated keyword, 0, text.
  private mutating func noteText(_ body: ArraySlice<UInt8>) {
    let keyword = "XML:com.adobe.xmp\0\0\0".utf8
    guard body.starts(with: keyword) else { return }
    let parts = body.dropFirst(keyword.count).split(
      separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
    if parts.count == 3 { photo.xmp = parts[2] }
  }

  private mutating func readHeader(_ bytes: [UInt8], at position: Int) throws(Failure) {
    guard !bytes.dropFirst(position + 4).starts(with: "CgBI".utf8) else {
      throw ImageFailure.unsupported(
        "Apple's variant of PNG (CgBI), as apps for the iPhone hold it",
        remedy: "on a Mac, xcrun pngcrush -revert-iphone-optimizations makes it a PNG again")
    }
    guard bytes.count >= position + 25 else {
      throw ImageFailure.truncated("the PNG data ends in the header")
    }
    guard bytes.bigEndian32(at: position) == 13,
      bytes[position + 4..<position + 8].elementsEqual("IHDR".utf8)
    else { throw ImageFailure.corrupt("the PNG does not begin with its header") }
    width = bytes.bigEndian32(at: position + 8) ?? 0
    height = bytes.bigEndian32(at: position + 12) ?? 0
    bitDepth = Int(bytes[position + 16])
    colourType = Int(bytes[position + 17])
  }

  /// The bits of a pixel, by colour type; 0 for types that do not exist.
  private var bitsPerPixel: Int {
    switch colourType {
    case 0, 3: bitDepth
    case 2: 3 * bitDepth
    case 4: 2 * bitDepth
    case 6: 4 * bitDepth
    default: 0
    }
  }

  /// The bytes of the image before compression; width and height must be within the limits.
  var rawBytes: Int { (width * bitsPerPixel).roundedUpQuotient(by: 8) * height }
}
