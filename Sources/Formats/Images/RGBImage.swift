// A decoded image: RGB8 rows without gaps, and what was remarkable about the file.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import InputOutput
import Tensors

/// What a decoder passed over and the user may want to hear of.
public struct DecodeNotes: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The file ended early and the rest was filled up (`DecodeOptions.padsTruncated`).
  public static let padded = DecodeNotes(rawValue: 1 << 0)
  /// Bytes followed the end of the image.
  public static let trailingBytes = DecodeNotes(rawValue: 1 << 1)
  /// Corrupt data was decoded by a guess (`DecodeOptions.isLenient`).
  public static let guessed = DecodeNotes(rawValue: 1 << 2)
  /// Grey with more than 8 bits was reduced to its high byte, where Pillow would clip to white.
  public static let reducedGrey = DecodeNotes(rawValue: 1 << 3)
  /// The image was turned as its EXIF orientation says.
  public static let turned = DecodeNotes(rawValue: 1 << 4)
}

/// An image of 8-bit red, green and blue.
public struct RGBImage: Sendable {
  /// U8 [height, width, 3].
  public let pixels: Tensor
  public var notes: DecodeNotes

  public var width: Int { pixels.shape[1] }
  public var height: Int { pixels.shape[0] }

  /// - Parameter pixels: U8 [height, width, 3], neither size zero.
  public init(pixels: Tensor, notes: DecodeNotes = []) {
    precondition(pixels.elementType == .u8 && pixels.shape.count == 3 && pixels.shape[2] == 3)
    precondition(pixels.shape[0] > 0 && pixels.shape[1] > 0)
    self.pixels = pixels
    self.notes = notes
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
    return RGBImage(pixels: output, notes: notes.union(.turned))
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
