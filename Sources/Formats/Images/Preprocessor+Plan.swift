// The arithmetic of sizes: what is padded, resized and cropped, before a pixel is touched.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import InputOutput
import Preprocessing

extension Preprocessor {
  /// Both directions of a resize of which only the cropped part is wanted.
  struct Plan {
    var x: codec_axis
    var y: codec_axis
    /// Whether the vertical pass comes first. The order changes some bytes by one, so it follows
    /// Pillow: since version 13 a height that shrinks by more than twice as many pixels as the
    /// width goes first (python-pillow/Pillow#9549); before, the horizontal pass always did.
    var isDownFirst: Bool {
      y.resized < y.length && y.length - y.resized > 2 * (x.length - x.resized)
    }

    init(_ image: RGBImage, _ settings: PreprocessorSettings) throws(Failure) {
      let (width, height) = (image.width, image.height)
      let square = max(width, height)
      let isPadded = settings.aspect == .pad
      let whole = isPadded ? (width: square, height: square) : (width: width, height: height)
      guard square <= Preprocessor.maxInput else {
        throw Failure(
          .limitExceeded, code: "image/too-large", "a side of \(square) pixels cannot be resized")
      }
      let target = try Self.target(of: whole, settings)
      x = Self.axis(
        length: whole.width, stored: width, resized: target.width,
        crop: settings.crops ? settings.cropWidth : target.width)
      y = Self.axis(
        length: whole.height, stored: height, resized: target.height,
        crop: settings.crops ? settings.cropHeight : target.height)
      guard Int(x.count) * Int(y.count) <= PreprocessorSettings.maxPixels else {
        throw Failure(
          .limitExceeded, code: "image/too-large",
          "the resized image would be \(x.count)x\(y.count)")
      }
    }

    private static func target(
      of size: (width: Int, height: Int), _ settings: PreprocessorSettings
    ) throws(Failure) -> (width: Int, height: Int) {
      guard settings.resizes else { return size }
      switch settings.size {
      case .exact(let width, let height):
        return (width, height)
      case .shortestEdge(let edge):
        // Below 2^40: no overflow, and the quotient is what Python's int() of a float gives.
        let long = edge * max(size.width, size.height) / min(size.width, size.height)
        guard long <= Int(Int32.max) / 8 else {
          throw Failure(
            .limitExceeded, code: "image/too-large", "the longer side would be \(long)")
        }
        return size.width <= size.height ? (edge, long) : (long, edge)
      }
    }

    /// Padding is (long - short) / 2 before, and the crop starts at (resized - crop) / 2.
    private static func axis(length: Int, stored: Int, resized: Int, crop: Int) -> codec_axis {
      codec_axis(
        length: Int32(length), offset: Int32((length - stored) / 2), stored: Int32(stored),
        resized: Int32(resized), first: Int32(max(0, resized - crop) / 2),
        count: Int32(min(resized, crop)))
    }
  }

  /// For each channel the value of each byte, in the order and precision of transformers:
  /// rescaled in f64, rounded to f32, then centred and divided in f32.
  static func tables(_ settings: PreprocessorSettings) -> [Float] {
    (0..<3).flatMap { channel in
      (0..<256).map { byte in
        var value = Float(byte)
        if settings.rescales { value = Float(Double(byte) * settings.rescaleFactor) }
        guard settings.normalises else { return value }
        let mean = Float(settings.mean[channel])
        let deviation = Float(settings.standardDeviation[channel])
        return (value - mean) / deviation
      }
    }
  }
}
