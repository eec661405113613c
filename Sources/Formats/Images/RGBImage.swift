// A decoded image: RGB8 rows without gaps, and whether the file was that and nothing else.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import InputOutput
import Tensors

/// An image of 8-bit red, green and blue.
public struct RGBImage: Sendable {
  /// U8 [height, width, 3].
  public let pixels: Tensor
  /// Whether the file held all of it and nothing behind it, and no part is a guess.
  public var isWholeFile: Bool

  public var width: Int { pixels.shape[1] }
  public var height: Int { pixels.shape[0] }

  /// - Parameter pixels: U8 [height, width, 3], neither size zero.
  public init(pixels: Tensor, isWholeFile: Bool = true) {
    precondition(pixels.elementType == .u8 && pixels.shape.count == 3 && pixels.shape[2] == 3)
    precondition(pixels.shape[0] > 0 && pixels.shape[1] > 0)
    self.pixels = pixels
    self.isWholeFile = isWholeFile
  }

  /// The image as it should be seen, given its EXIF orientation 1 ... 8.
  public func turned(to orientation: Int) throws(Failure) -> RGBImage {
    guard (2...8).contains(orientation) else { return self }
    let swaps = orientation >= 5
    let shape = swaps ? [width, height, 3] : [height, width, 3]
    let output = try allocate(.u8, shape: shape)
    pixels.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        codec_orient(
          from.assumingMemoryBound(to: UInt8.self), width, height, Int32(orientation),
          to.assumingMemoryBound(to: UInt8.self))
      }
    }
    return RGBImage(pixels: output, isWholeFile: isWholeFile)
  }
}

/// A tensor of zeros, or the failure to report when there is no memory for it.
package func allocate(_ elementType: ElementType, shape: [Int]) throws(Failure) -> Tensor {
  do {
    return try Tensor(elementType, shape: shape)
  } catch {
    throw ImageFailure.outOfMemory("no memory for an image of shape \(shape)")
  }
}
