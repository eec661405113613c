// PNG: the limits that its outline must keep, then the decoding.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import InputOutput

extension ImageDecoder {
  /// The outline of a file that keeps the limits.
  static func outlinePNG(
    _ bytes: [UInt8], _ options: DecodeOptions
  ) throws(Failure) -> PNGStructure {
    let outline = try PNGStructure(bytes, options)
    try options.check(width: outline.width, height: outline.height)
    if outline.end == nil, !options.padsTruncated {
      throw ImageFailure.truncated("the PNG data ends without an end chunk")
    }
    // Deflate makes at most 1,032 bytes of one (258 of two bits).
    let possible = outline.imageBytes.saturatingTimes(1_032)
    guard options.isLenient || options.padsTruncated || outline.rawBytes <= possible else {
      throw ImageFailure.corrupt(
        "the header says \(outline.width)x\(outline.height), but \(outline.imageBytes) bytes "
          + "of image data cannot hold that")
    }
    return outline
  }

  static func decodePNG(
    _ bytes: [UInt8], _ outline: PNGStructure, _ options: DecodeOptions
  ) throws(Failure) -> RGBImage {
    var image = try run(
      codec_decode_png, on: bytes, width: outline.width, height: outline.height, options)
    if let end = outline.end, end < bytes.count { image.isWholeFile = false }
    return options.appliesExif ? try image.turned(to: outline.photo.orientation) : image
  }
}
