// How strict image decoding is, and the limits that keep a hostile file from costing much.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Limits and choices for `ImageDecoder`. The defaults refuse whatever is not a sound image.
public struct DecodeOptions: Sendable, Equatable {
  /// Largest image, in pixels.
  public var maxPixels = 50_000_000
  /// Longest side, in pixels.
  public var maxSide = 65_500
  /// Largest aspect ratio, longer to shorter side.
  public var maxAspect = 1_000
  /// Largest number of scans of a progressive JPEG. Each can cost a pass over the image for a few bytes.
  public var maxScans = 100
  /// Largest product of pixels and scans of a JPEG.
  public var maxWork = 2_000_000_000
  /// Largest number of marker segments of a JPEG or chunks of a PNG.
  public var maxSegments = 10_000
  /// Largest size of metadata in bytes (APP and COM segments, ancillary chunks).
  public var maxMetadata = 16 << 20
  /// Pads an image that ends early instead of failing.
  public var padsTruncated = false
  /// Guesses at corrupt data where the libraries would, as Pillow does.
  public var isLenient = false
  /// Applies the EXIF orientation, as transformers does. LLaVA's own code does not.
  public var appliesExif = true
  /// The program that decodes other formats than JPEG, PNG and PNM; nil: `image-decode` beside this
  /// one.
  public var sandboxProgram: String?
  /// The longest that it may take for an image.
  public var sandboxSeconds = 300.0
  /// What that program warned of, of all images that are decoded with these options.
  public let sandboxWarnings = SandboxWarnings()

  public init() {}

  /// Fails unless an image of this size is within the limits; call before allocating.
  package func check(width: Int, height: Int) throws(Failure) {
    guard width > 0, height > 0 else {
      throw Failure(.invalidInput, code: "image/empty", "the image is \(width)x\(height)")
    }
    let size = "\(width)x\(height)"
    guard width <= maxSide, height <= maxSide else {
      throw tooLarge("the image is \(size), a side of more than \(maxSide)", nil)
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= maxPixels else {
      throw tooLarge(
        "the image is \(size), more than \(maxPixels) pixels", "raise --max-pixels")
    }
    guard max(width, height) <= min(width, height).saturatingTimes(maxAspect) else {
      throw tooLarge("the image is \(size), longer than \(maxAspect):1", nil)
    }
  }

  private func tooLarge(_ message: String, _ remedy: String?) -> Failure {
    Failure(.limitExceeded, code: "image/too-large", message, remedy: remedy)
  }
}

extension Int {
  /// The product, or the largest integer when it is larger; neither factor may be negative.
  func saturatingTimes(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}

/// The failures of image files.
package enum ImageFailure {
  static func truncated(_ message: String) -> Failure {
    Failure(
      .invalidInput, code: "image/truncated", message, remedy: "--truncated=pad fills it up")
  }

  /// The same of formats that are never filled up.
  package static func cut(_ message: String) -> Failure {
    Failure(.invalidInput, code: "image/truncated", message)
  }

  package static func corrupt(_ message: String) -> Failure {
    Failure(.invalidInput, code: "image/corrupt", message)
  }

  /// Says nothing about the image: another run may have the memory.
  package static func outOfMemory(_ message: String) -> Failure {
    Failure(
      .limitExceeded, code: "memory/exhausted", message,
      remedy: "lower --max-pixels, or give it more memory", kind: .shortage)
  }

  package static func tooComplex(_ message: String) -> Failure {
    Failure(.limitExceeded, code: "image/too-complex", message)
  }

  package static func unsupported(
    _ message: String, remedy: String = "convert it to PNG first"
  ) -> Failure {
    Failure(.invalidInput, code: "image/unsupported", message, remedy: remedy)
  }
}
