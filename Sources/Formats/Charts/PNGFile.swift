// Writing a PNG, by libpng.
// SPDX-License-Identifier: Apache-2.0
import CPNG
import InputOutput

/// An 8-bit RGB PNG whose pixel at (x, y) is `ink(x, y)`.
///
/// Throws `picture/png` where libpng refuses: it takes a million columns and rows at most.
public func pngFile(width: Int, height: Int, ink: (Int, Int) -> Drawing.Ink) throws(Failure)
  -> [UInt8]
{
  var pixels: [UInt8] = []
  pixels.reserveCapacity(height * width * 3)
  for y in 0..<height {
    for x in 0..<width {
      let ink = ink(x, y)
      pixels += [ink.red, ink.green, ink.blue]
    }
  }
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  image.width = png_uint_32(clamping: width)
  image.height = png_uint_32(clamping: height)
  image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
  defer { png_image_free(&image) }
  // Where nothing is there to write to, it says how many bytes there will be.
  var count = png_alloc_size_t(0)
  guard png_image_write_to_memory(&image, nil, &count, 0, pixels, 0, nil) != 0 else {
    throw refusal(image)
  }
  var bytes = [UInt8](repeating: 0, count: Int(count))
  guard png_image_write_to_memory(&image, &bytes, &count, 0, pixels, 0, nil) != 0 else {
    throw refusal(image)
  }
  return Array(bytes[..<Int(count)])
}

private func refusal(_ image: png_image) -> Failure {
  let message = withUnsafeBytes(of: image.message) {
    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
  }
  return Failure(
    .limitExceeded, code: "picture/png",
    "libpng cannot write a picture of \(image.width)x\(image.height): \(message)",
    remedy: "write an SVG")
}
