// Decodes the sandboxed formats; called by image-decode, once the sandbox is in force.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import CLoadedCodecs
import Images
import InputOutput
import Tensors

/// The decoder of one image, its library loaded.
///
/// Pixels equal Pillow's `ImageOps.exif_transpose(Image.open(f)).convert('RGB')`, with pillow-heif
/// for HEIF: the same bytes for lossless formats and WebP, and within 2 of 255 for HEIC, AVIF and TIFF in
/// YCbCr. Of an animation the first image is decoded; alpha is dropped. TIFF samples of 16 bits keep their
/// high byte.
public struct SandboxedDecoder {
  private let outline: SandboxedOutline

  /// Loads the library of the file's format. `files`: its names, for tests of machines without it.
  ///
  /// Returns nil for a file that is decoded without walls. Throws `image/no-library`.
  public init?(for file: ImageFile, files: [String]? = nil) throws(Failure) {
    guard let outline = file.sandboxed else { return nil }
    self.outline = outline
    if let library = LoadedLibrary(of: outline.format) {
      try library.load(files: files ?? library.files, for: outline.format)
    }
  }

  /// The address space that decoding may take beside what is in use.
  public func neededBytes(file bytes: Int) -> Int { outline.confinedBytes(file: bytes) }

  /// Throws `image/truncated`, `image/corrupt`, `image/unsupported`, `image/too-large` or
  /// `memory/exhausted`, without a place. `bytes` are those that the file was made of.
  public func decode(_ bytes: [UInt8], options: DecodeOptions) throws(Failure) -> RGBImage {
    let image: RGBImage
    switch outline.format {
    case .bmp: image = try decodeBMP(bytes, options)
    case .gif: image = try decodeGIF(bytes, options)
    case .webp: image = try decodeWebP(bytes, options)
    case .tiff: image = try run(loaded_decode_tiff, bytes, options)
    case .avif: image = try run(loaded_decode_avif, bytes, options)
    case .heif: image = try decodeHEIF(bytes, options)
    }
    return try image.turned(to: outline.orientation)
  }

  private func run(
    _ codec: ImageDecoder.Codec, _ bytes: [UInt8], _ options: DecodeOptions
  ) throws(Failure) -> RGBImage {
    try ImageDecoder.run(
      codec, on: bytes, width: outline.width, height: outline.height, options)
  }

  /// The size is what the file's own turning and cutting leaves.
  private func decodeHEIF(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) -> RGBImage {
    var (width, height): (UInt32, UInt32) = (0, 0)
    var report = codec_report()
    let status = bytes.withUnsafeBufferPointer {
      loaded_measure_heif($0.baseAddress, $0.count, &width, &height, &report)
    }
    try ImageDecoder.check(status, report)
    try options.check(width: Int(width), height: Int(height))
    guard Int(width) * Int(height) <= outline.width * outline.height else {
      throw ImageFailure.corrupt("the image is \(width)x\(height), more than its item says")
    }
    return try ImageDecoder.run(
      loaded_decode_heif, on: bytes, width: Int(width), height: Int(height), options)
  }

  /// The first image alone, as a file of its own: alpha and further images are not looked at.
  private func decodeWebP(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) -> RGBImage {
    let outline = try WebPStructure(bytes, options)
    guard let chunk = outline.image else {
      throw ImageFailure.corrupt("the WebP file has no image")
    }
    let padding = [UInt8](repeating: 0, count: chunk.count % 2)
    let size = UInt32(4 + chunk.count + padding.count)
    let head = Array("RIFF".utf8) + (0..<4).map { UInt8(size >> (8 * $0) & 255) }
    let file = head + Array("WEBP".utf8) + bytes[chunk] + padding
    let (width, height) = (outline.imageWidth, outline.imageHeight)
    let image = try ImageDecoder.run(
      loaded_decode_webp, on: file, width: width, height: height, options)
    guard (width, height) != (outline.width, outline.height) else { return image }
    let canvas = try allocate(.u8, shape: [outline.height, outline.width, 3])
    image.pixels.withUnsafeBytes { source in
      canvas.withUnsafeMutableBytes { target in
        for row in 0..<height {
          let start = ((outline.top + row) * outline.width + outline.left) * 3
          let from = source[row * width * 3..<(row + 1) * width * 3]
          UnsafeMutableRawBufferPointer(rebasing: target[start..<start + from.count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: from))
        }
      }
    }
    return RGBImage(pixels: canvas)
  }
}
