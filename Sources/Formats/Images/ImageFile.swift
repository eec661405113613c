// An image file whose headers are read, so that the memory for decoding is known beforehand.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A file in memory that keeps the limits of `DecodeOptions` as far as its headers tell.
public struct ImageFile {
  private enum Outline {
    case jpeg(JPEGStructure)
    case png(PNGStructure)
    case pnm(PNMHeader)
    case sandboxed(SandboxedOutline)
  }

  private let bytes: [UInt8]
  private let options: DecodeOptions
  private let outline: Outline

  /// Throws what `ImageDecoder.decode` throws, except for faults of the image data.
  public init(_ bytes: [UInt8], options: DecodeOptions) throws(Failure) {
    self.bytes = bytes
    self.options = options
    switch ImageFormat(of: bytes) {
    case .empty:
      throw Failure(.invalidInput, code: "image/empty", "the file is empty")
    case .jpeg: outline = .jpeg(try ImageDecoder.outlineJPEG(bytes, options))
    case .png: outline = .png(try ImageDecoder.outlinePNG(bytes, options))
    case .pnm(let kind): outline = .pnm(try PNMHeader(bytes, kind: kind, options))
    case .sandboxed(let format):
      outline = .sandboxed(try SandboxedOutline(format, of: bytes, options))
    case .other(let name):
      throw ImageFailure.unsupported(name.map { "looks like \($0)" } ?? "not a known image format")
    }
  }

  /// The most bytes that decoding, turning and resizing take, besides the file's own: the pixels
  /// and the larger of a second copy and a JPEG's coefficients, and rows at work in the library.
  /// For other formats the process that decodes them is counted.
  public var workingBytes: Int {
    if case .sandboxed(let outline) = outline {
      return (outline.width * outline.height).saturatingTimes(24) + 2 * bytes.count + (16 << 20)
    }
    let (width, height, coefficients) =
      switch outline {
      case .jpeg(let outline): (outline.width, outline.height, outline.coefficientBytes)
      case .png(let outline): (outline.width, outline.height, 0)
      case .pnm(let header): (header.width, header.height, 0)
      case .sandboxed(let outline): (outline.width, outline.height, 0)
      }
    let pixels = width * height * 3
    return pixels + max(pixels, coefficients) + 512 * width + 64 * height + (1 << 20)
  }

  /// Throws `image/truncated`, `image/corrupt`, `image/too-complex` or `memory/exhausted`; for other
  /// formats than JPEG, PNG and PNM also `image/unsupported`, `image/no-library`, `image/decoder`,
  /// `files/missing` and `io/…`.
  public func decode() throws(Failure) -> RGBImage {
    switch outline {
    case .jpeg(let outline): try ImageDecoder.decodeJPEG(bytes, outline, options)
    case .png(let outline): try ImageDecoder.decodePNG(bytes, outline, options)
    case .pnm(let header): try ImageDecoder.decodePNM(header, options)
    case .sandboxed(let outline):
      try SandboxedDecoding(outline: outline, options: options).decode(bytes)
    }
  }

  /// The outline of a file that only a process of its own should decode; nil for JPEG, PNG and PNM.
  package var sandboxed: SandboxedOutline? {
    if case .sandboxed(let outline) = outline { outline } else { nil }
  }
}
