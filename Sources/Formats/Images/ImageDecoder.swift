// Turns the bytes of an image file into RGB8, choosing the decoder by the first bytes.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import InputOutput
import Tensors

/// Decodes JPEG, PNG and PNM (P1 ... P6) to the bytes of Pillow's
/// `ImageOps.exif_transpose(Image.open(f)).convert('RGB')`, and has the tool image-decode decode
/// those of `SandboxedFormat`.
///
/// Differences from Pillow, all on purpose: grey with more than 8 bits keeps its high byte
/// instead of clipping to white; corrupt and cut files are failures unless the options say
/// otherwise; lossless JPEG and further formats are refused.
public enum ImageDecoder {
  /// Decodes a whole file that has been read into memory.
  ///
  /// - Throws: `image/empty`, `image/unsupported`, `image/too-large`, `image/too-complex`,
  ///   `image/truncated`, `image/corrupt` or `memory/exhausted`, without a place.
  public static func decode(
    _ bytes: [UInt8], options: DecodeOptions = DecodeOptions()
  ) throws(Failure) -> RGBImage {
    try ImageFile(bytes, options: options).decode()
  }

  /// A decoder written in C.
  package typealias Codec =
    @convention(c) (
      UnsafePointer<codec_request>?, UnsafeMutablePointer<UInt8>?,
      UnsafeMutablePointer<codec_report>?
    ) -> codec_status

  /// Runs a decoder in C on a file whose headers have been read and found within the limits.
  package static func run(
    _ codec: Codec, on bytes: [UInt8], width: Int, height: Int, _ options: DecodeOptions
  ) throws(Failure) -> RGBImage {
    let pixels = try allocate(.u8, shape: [height, width, 3])
    var report = codec_report()
    let status = bytes.withUnsafeBufferPointer { source in
      var request = codec_request()
      request.bytes = source.baseAddress
      request.count = source.count
      request.width = UInt32(width)
      request.height = UInt32(height)
      request.lenient = options.isLenient
      request.pad_truncated = options.padsTruncated
      request.scan_limit = Int32(clamping: options.maxScans)
      // A progressive JPEG keeps 16 bits for each of four components, and some rows besides.
      request.memory_limit = (width * height).saturatingTimes(16) + (64 << 20)
      return pixels.withUnsafeMutableBytes { target in
        codec(&request, target.baseAddress?.assumingMemoryBound(to: UInt8.self), &report)
      }
    }
    try check(status, report)
    return RGBImage(pixels: pixels, isWholeFile: !report.padded && !report.warned)
  }

  /// Throws what a decoder in C stopped for.
  package static func check(_ status: codec_status, _ report: codec_report) throws(Failure) {
    let message = message(of: report)
    switch status {
    case CODEC_OK: return
    case CODEC_TRUNCATED: throw ImageFailure.truncated(message)
    case CODEC_TOO_COMPLEX: throw ImageFailure.tooComplex(message)
    case CODEC_UNSUPPORTED: throw ImageFailure.unsupported(message)
    case CODEC_EMPTY: throw Failure(.invalidInput, code: "image/empty", message)
    case CODEC_NO_MEMORY: throw ImageFailure.outOfMemory(message)
    default: throw ImageFailure.corrupt(message)
    }
  }

  private static func message(of report: codec_report) -> String {
    withUnsafeBytes(of: report.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
