// Image preprocessing for a vision tower, as in CLIPImageProcessor: resize, crop, normalise.
// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import InputOutput
import Preprocessing
import Tensors

/// Resizes, crops and normalises images: the same bytes as Pillow, the same floats as
/// `CLIPImageProcessorPil` of transformers.
public struct Preprocessor: Sendable {
  public let settings: PreprocessorSettings
  /// The padding colour: LLaVA's `int(mean * 255)`.
  private let background: [UInt8]
  /// The normalised value of each byte, for each channel.
  private let tables: [Float]

  /// Longest side of an image that is resized.
  static let maxInput = 1 << 24

  /// - Throws: `preprocessor/settings` when a size, mean or standard deviation makes no sense.
  public init(_ settings: PreprocessorSettings) throws(Failure) {
    try settings.check()
    self.settings = settings
    background = settings.mean.map { UInt8(min(255, max(0, $0 * 255))) }
    tables = Self.tables(settings)
  }

  /// Resizes and crops; the pixels before rescaling and normalisation.
  ///
  /// - Returns: U8 [height, width, 3]; the crop's size when the settings crop.
  /// - Throws: `image/too-large` when settings without a crop make an enormous image.
  public func pixels(of image: RGBImage) throws(Failure) -> Tensor {
    let plan = try Plan(image, settings)
    let wanted = try resized(image, plan)
    guard settings.crops, wanted.shape != [settings.cropHeight, settings.cropWidth, 3] else {
      return wanted
    }
    return try centred(wanted)
  }

  /// Rescales and normalises.
  ///
  /// - Parameter pixels: U8 [height, width, 3].
  /// - Returns: F32 [3, height, width].
  public func normalised(_ pixels: Tensor) throws(Failure) -> Tensor {
    precondition(pixels.elementType == .u8 && pixels.shape.count == 3 && pixels.shape[2] == 3)
    let count = pixels.shape[0] * pixels.shape[1]
    let planes = try allocate(.f32, shape: [3, pixels.shape[0], pixels.shape[1]])
    pixels.withUnsafeBytes { source in
      planes.withUnsafeMutableBytes { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        codec_planes(
          from.assumingMemoryBound(to: UInt8.self), count, tables,
          to.assumingMemoryBound(to: Float.self))
      }
    }
    return planes
  }

  /// The part of the resized image that the crop keeps; nothing else is computed.
  private func resized(_ image: RGBImage, _ plan: Plan) throws(Failure) -> Tensor {
    let output = try allocate(.u8, shape: [Int(plan.y.count), Int(plan.x.count), 3])
    var (x, y) = (plan.x, plan.y)
    let filter = codec_filter(UInt32(settings.filter.rawValue))
    let status = image.pixels.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { target in
        codec_resize(
          source.baseAddress?.assumingMemoryBound(to: UInt8.self), &x, &y, background, filter,
          plan.isDownFirst, target.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    guard status == CODEC_OK else {
      throw ImageFailure.outOfMemory("no memory to resize an image")
    }
    return output
  }

  /// Centres an image that is smaller than the crop on black; an odd pixel of padding goes first.
  private func centred(_ part: Tensor) throws(Failure) -> Tensor {
    let (height, width) = (part.shape[0], part.shape[1])
    let output = try allocate(.u8, shape: [settings.cropHeight, settings.cropWidth, 3])
    let top = (settings.cropHeight - height + 1) / 2
    let left = (settings.cropWidth - width + 1) / 2
    part.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { target in
        for row in 0..<height {
          let start = ((top + row) * settings.cropWidth + left) * 3
          let from = source[row * width * 3..<(row + 1) * width * 3]
          UnsafeMutableRawBufferPointer(rebasing: target[start..<start + from.count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: from))
        }
      }
    }
    return output
  }
}
