// JPEG: the limits that its outline must keep, then the decoding.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import InputOutput

extension ImageDecoder {
  /// The outline of a file that keeps the limits.
  static func outlineJPEG(
    _ bytes: [UInt8], _ options: DecodeOptions
  ) throws(Failure) -> JPEGStructure {
    let outline = try JPEGStructure(bytes, options)
    try checkFrame(outline, options)
    if outline.end == nil, !options.padsTruncated {
      throw ImageFailure.truncated("the JPEG data ends without an end marker")
    }
    try checkCost(outline, options)
    return outline
  }

  static func decodeJPEG(
    _ bytes: [UInt8], _ outline: JPEGStructure, _ options: DecodeOptions
  ) throws(Failure) -> RGBImage {
    var image = try run(
      codec_decode_jpeg, on: bytes, width: outline.width, height: outline.height, options)
    if let end = outline.end, end < bytes.count { image.isWholeFile = false }
    return options.appliesExif ? try image.turned(to: outline.photo.orientation) : image
  }

  private static func checkFrame(
    _ outline: JPEGStructure, _ options: DecodeOptions
  ) throws(Failure) {
    guard outline.frame != 0 else {
      throw outline.end == nil
        ? ImageFailure.truncated("the JPEG data ends before the frame header")
        : ImageFailure.corrupt("the JPEG has no frame header")
    }
    try options.check(width: outline.width, height: outline.height)
    guard outline.precision == 8 else {
      throw ImageFailure.unsupported("a JPEG of \(outline.precision) bits a sample")
    }
    // Lossless (C3), hierarchical (C5 ... C7, CD ... CF) and their arithmetic kin (CB).
    guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(outline.frame) else {
      throw ImageFailure.unsupported("a lossless or hierarchical JPEG")
    }
    guard [1, 3, 4].contains(outline.components.count) else {
      throw ImageFailure.unsupported("a JPEG of \(outline.components.count) components")
    }
    guard
      outline.components.allSatisfy({
        (1...4).contains($0.horizontal) && (1...4).contains($0.vertical)
      })
    else {
      throw ImageFailure.corrupt("sampling factors outside 1 ... 4")
    }
  }

  private static func checkCost(
    _ outline: JPEGStructure, _ options: DecodeOptions
  ) throws(Failure) {
    let pixels = outline.width * outline.height
    guard pixels.saturatingTimes(outline.scans) <= options.maxWork else {
      throw ImageFailure.tooComplex(
        "\(outline.scans) scans of \(outline.width)x\(outline.height), more than "
          + "\(options.maxWork) pixels in all")
    }
    // A Huffman code has at least one bit and each block has a code, so a header that promises
    // more blocks than there are bits lies: found here before memory is spent on it.
    let mayBeShort = options.isLenient || options.padsTruncated || !outline.isHuffmanCoded
    guard mayBeShort || outline.blocks <= outline.entropyBytes.saturatingTimes(8) else {
      throw ImageFailure.corrupt(
        "the header says \(outline.width)x\(outline.height), but \(outline.entropyBytes) bytes "
          + "of image data cannot hold that")
    }
  }
}
