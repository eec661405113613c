// What a file for image-decode says in its headers: enough to keep the limits.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Size and turning of an image, read here, where no library is trusted with the file.
package struct SandboxedOutline {
  package let format: SandboxedFormat
  /// As the image lies in the file.
  package let width: Int
  package let height: Int
  /// 1 ... 8, what is left to do when the pixels are there.
  package let orientation: Int

  init(
    _ format: SandboxedFormat, of bytes: [UInt8], _ options: DecodeOptions
  ) throws(Failure) {
    self.format = format
    switch format {
    case .bmp:
      let outline = try BMPStructure(bytes, options)
      (width, height, orientation) = (outline.width, outline.height, 1)
    case .gif:
      let outline = try GIFStructure(bytes, options)
      (width, height, orientation) = (outline.width, outline.height, 1)
    case .webp:
      let outline = try WebPStructure(bytes, options)
      (width, height) = (outline.width, outline.height)
      orientation = options.appliesExif ? outline.photo.orientation : 1
    case .tiff:
      guard let directory = TIFFDirectory(bytes, takesBig: true) else {
        throw ImageFailure.cut("the TIFF ends in its header")
      }
      guard let width = directory.first(of: 0x0100), let height = directory.first(of: 0x0101) else {
        throw ImageFailure.corrupt("the TIFF's first directory has no size, or is not all there")
      }
      try options.check(width: width, height: height)
      (self.width, self.height) = (width, height)
      // Pillow turns a TIFF whenever it loads one: the tag tells how its rows are stored.
      let value = directory.first(of: 0x0112) ?? 1
      orientation = (1...8).contains(value) ? value : 1
    case .avif:
      let outline = try HEIFStructure(bytes, options)
      (width, height) = (outline.width, outline.height)
      orientation = options.appliesExif ? outline.orientation : 1
    case .heif:
      // Turned by its own boxes when it is decoded, as pillow-heif does: no metadata say it.
      let outline = try HEIFStructure(bytes, options)
      (width, height, orientation) = (outline.width, outline.height, 1)
    }
  }

  /// The address space that image-decode may take: the file, two copies of what the decoder holds of
  /// the image, 16 bits for each of four channels, the pixels, and the libraries' own needs.
  package func confinedBytes(file: Int) -> Int {
    (width * height).saturatingTimes(32) + file.saturatingTimes(2) + (256 << 20)
  }
}
