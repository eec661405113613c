// The outline of a WebP file: its canvas and where its first image lies.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What the chunks of a WebP file say (RFC 9649, section 2).
package struct WebPStructure {
  package private(set) var width = 0
  package private(set) var height = 0
  /// The chunk `VP8 ` or `VP8L` of the only image, or of the first of an animation: name, size, data.
  package private(set) var image: Range<Int>?
  /// Where that image lies on the canvas, and its size.
  package private(set) var left = 0
  package private(set) var top = 0
  package private(set) var imageWidth = 0
  package private(set) var imageHeight = 0
  private(set) var photo = PhotoMetadata()

  package init(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) {
    guard let riff = bytes.littleEndian32(at: 4), riff + 8 <= bytes.count else {
      throw ImageFailure.cut("the WebP file is shorter than it says")
    }
    var (position, chunks, metadata) = (12, 0, 0)
    while position + 8 <= riff + 8, let size = bytes.littleEndian32(at: position + 4) {
      let body = position + 8..<position + 8 + size
      guard body.upperBound <= riff + 8 else {
        throw ImageFailure.cut("a chunk of the WebP file is not all there")
      }
      chunks += 1
      guard chunks <= options.maxSegments else {
        throw ImageFailure.tooComplex("more than \(options.maxSegments) chunks")
      }
      switch String(decoding: bytes[position..<position + 4], as: UTF8.self) {
      case "VP8X": noteCanvas(bytes, body)
      case "VP8 ", "VP8L": if image == nil { try noteImage(bytes, position..<body.upperBound) }
      case "ANMF": if image == nil { try noteFrame(bytes, body) }
      case "EXIF":
        photo.replaceExif(bytes[body])
        metadata += size
      case "XMP ":
        photo.xmp = bytes[body]
        metadata += size
      default: break
      }
      guard metadata <= options.maxMetadata else {
        throw ImageFailure.tooComplex("more than \(options.maxMetadata) bytes of metadata")
      }
      position = body.upperBound + size % 2
    }
    guard image != nil else { throw ImageFailure.corrupt("the WebP file has no image") }
    try options.check(width: width, height: height)
    guard left + imageWidth <= width, top + imageHeight <= height else {
      throw ImageFailure.corrupt("the image is larger than the WebP file's canvas")
    }
  }

  private mutating func noteCanvas(_ bytes: [UInt8], _ body: Range<Int>) {
    guard body.count >= 10 else { return }
    width = (bytes.littleEndian24(at: body.lowerBound + 4) ?? 0) + 1
    height = (bytes.littleEndian24(at: body.lowerBound + 7) ?? 0) + 1
  }

  /// Place, size, duration and flags take 16 bytes; then come chunks.
  private mutating func noteFrame(_ bytes: [UInt8], _ body: Range<Int>) throws(Failure) {
    guard body.count >= 24 else { return }
    left = (bytes.littleEndian24(at: body.lowerBound) ?? 0) * 2
    top = (bytes.littleEndian24(at: body.lowerBound + 3) ?? 0) * 2
    var position = body.lowerBound + 16
    while image == nil, position + 8 <= body.upperBound,
      let size = bytes.littleEndian32(at: position + 4)
    {
      let end = position + 8 + size
      guard end <= body.upperBound else {
        throw ImageFailure.cut("a chunk of the WebP file is not all there")
      }
      if bytes[position..<position + 3].elementsEqual("VP8".utf8) {
        try noteImage(bytes, position..<end)
      }
      position = end + size % 2
    }
  }

  /// The size stands in the first bytes of the data (RFC 6386, 9.1; RFC 9649, 3.4).
  private mutating func noteImage(_ bytes: [UInt8], _ chunk: Range<Int>) throws(Failure) {
    let data = chunk.lowerBound + 8
    if bytes[chunk.lowerBound + 3] == UInt8(ascii: "L") {
      guard chunk.count >= 13, bytes[data] == 0x2F, let size = bytes.littleEndian32(at: data + 1)
      else { throw ImageFailure.corrupt("the WebP image has no sound header") }
      (imageWidth, imageHeight) = (size & 0x3FFF + 1, size >> 14 & 0x3FFF + 1)
    } else {
      guard chunk.count >= 18, bytes[data + 3..<data + 6].elementsEqual([0x9D, 0x01, 0x2A]),
        let across = bytes.littleEndian16(at: data + 6),
        let down = bytes.littleEndian16(at: data + 8)
      else { throw ImageFailure.corrupt("the WebP image has no sound header") }
      (imageWidth, imageHeight) = (across & 0x3FFF, down & 0x3FFF)
    }
    image = chunk
    // Without a chunk about the canvas the image is all of it.
    if width == 0 { (width, height) = (imageWidth, imageHeight) }
  }
}
