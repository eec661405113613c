// The image preprocessing of a tower: the settings of preprocessor_config.json, as a plain value.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The settings of `Preprocessor`; the defaults are CLIP's for 336 pixels, cropped.
public struct PreprocessorSettings: Sendable, Equatable {
  /// Pillow's resampling filters under their numbers in `resample`.
  public enum Filter: Int, Sendable, CaseIterable {
    case nearest = 0
    case lanczos = 1
    case bilinear = 2
    case bicubic = 3
    case box = 4
    case hamming = 5
  }

  /// `size`: what the image is resized to.
  public enum Size: Sendable, Equatable {
    /// The shorter side; the longer one follows, rounded down.
    case shortestEdge(Int)
    case exact(width: Int, height: Int)
  }

  /// How an image that is not square becomes square (`image_aspect_ratio` of the model).
  public enum Aspect: String, Sendable, CaseIterable {
    /// The centre is kept.
    case crop
    /// The image is first padded to a square with the mean colour.
    case pad
  }

  public var aspect = Aspect.crop
  public var resizes = true
  public var size = Size.shortestEdge(336)
  public var filter = Filter.bicubic
  public var crops = true
  public var cropWidth = 336
  public var cropHeight = 336
  public var rescales = true
  public var rescaleFactor = 1.0 / 255.0
  public var normalises = true
  /// Means and standard deviations of red, green and blue, of values scaled to 0 ... 1.
  public var mean = [0.48145466, 0.4578275, 0.40821073]
  public var standardDeviation = [0.26862954, 0.26130258, 0.27577711]

  public init() {}

  /// CLIP's settings for another side, such as 224.
  public init(side: Int, aspect: Aspect = .crop) {
    self.aspect = aspect
    size = .shortestEdge(side)
    cropWidth = side
    cropHeight = side
  }
}

extension PreprocessorSettings {
  /// Longest side and most pixels of anything that is made, so that no settings ask for absurd
  /// memory.
  public static let maxSide = 65_500
  public static let maxPixels = 100_000_000

  /// Throws `preprocessor/settings` when a size, mean or deviation makes no sense.
  public func check() throws(Failure) {
    func fail(_ message: String) -> Failure {
      Failure(.invalidInput, code: "preprocessor/settings", message)
    }
    var sides = crops ? [cropWidth, cropHeight] : []
    if resizes {
      switch size {
      case .shortestEdge(let edge): sides.append(edge)
      case .exact(let width, let height): sides += [width, height]
      }
    }
    guard sides.allSatisfy({ (1...Self.maxSide).contains($0) }) else {
      throw fail("sizes \(sides), not all in 1 ... \(Self.maxSide)")
    }
    guard !crops || cropWidth * cropHeight <= Self.maxPixels else {
      throw fail("a crop of \(cropWidth)x\(cropHeight)")
    }
    guard mean.count == 3, standardDeviation.count == 3 else {
      throw fail("\(mean.count) means and \(standardDeviation.count) deviations, not 3 each")
    }
    let numbers = mean + standardDeviation + [rescaleFactor]
    guard numbers.allSatisfy(\.isFinite), standardDeviation.allSatisfy({ Float($0) != 0 }) else {
      throw fail("a mean, deviation or factor is not finite, or a deviation is zero")
    }
  }
}
