// PNM: the plain and raw bitmaps, grey maps and pixel maps of Netpbm.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension ImageDecoder {
  static func decodePNM(
    _ header: PNMHeader, _ options: DecodeOptions
  ) throws(Failure) -> RGBImage {
    let (kind, maximum, channels) = (header.kind, header.maximum, header.channels)
    var reader = header.reader
    let levels = PNMLevels(
      maximum: maximum, isBitmap: header.isBitmap, isGrey: channels == 1)
    let pixels = try allocate(.u8, shape: [header.height, header.width, 3])
    let isComplete = try fill(
      pixels, from: &reader, kind: kind, width: header.width, channels: channels, levels: levels)
    var image = RGBImage(pixels: pixels)
    if !isComplete {
      guard options.padsTruncated else {
        throw ImageFailure.truncated("the samples end before the image does")
      }
    }
    image.isWholeFile = isComplete && !reader.hasMore
    return image
  }

  /// Returns whether all samples were there; what is missing stays black.
  private static func fill(
    _ pixels: Tensor, from reader: inout PNMReader, kind: Int, width: Int, channels: Int,
    levels: PNMLevels
  ) throws(Failure) -> Bool {
    if kind >= 5, levels.maximum < 256 {
      return fillRaw(
        pixels, with: reader.rest(upTo: pixels.count / 3 * channels), channels, levels)
    }
    var failure: Failure?
    let isComplete = pixels.withUnsafeMutableBytes { target in
      let count = target.count / 3 * channels
      for index in 0..<count {
        let value: Int?
        do throws(Failure) {
          value = try reader.sample(kind: kind, index: index, width: width, levels: levels)
        } catch {
          failure = error
          return false
        }
        guard let value else { return false }
        let level = levels[value]
        if channels == 3 {
          target[index] = level
        } else {
          target[3 * index] = level
          target[3 * index + 1] = level
          target[3 * index + 2] = level
        }
      }
      return true
    }
    if let failure { throw failure }
    return isComplete
  }
}

/// The header of a PNM file that keeps the limits.
struct PNMHeader {
  /// 1 ... 6, the digit of the magic: bitmap, grey, colour; plain, then raw.
  let kind: Int
  let width: Int
  let height: Int
  let maximum: Int
  /// At the first sample.
  let reader: PNMReader

  var isBitmap: Bool { kind == 1 || kind == 4 }
  var channels: Int { kind == 3 || kind == 6 ? 3 : 1 }

  init(_ bytes: [UInt8], kind: Int, _ options: DecodeOptions) throws(Failure) {
    var reader = PNMReader(bytes)
    self.kind = kind
    width = try reader.headerNumber()
    height = try reader.headerNumber()
    maximum = kind == 1 || kind == 4 ? 1 : try reader.headerNumber()
    try options.check(width: width, height: height)
    guard (1...65_535).contains(maximum) else {
      throw ImageFailure.corrupt("a maximum of \(maximum), not 1 ... 65535")
    }
    self.reader = reader
    try reader.checkLength(
      kind: kind, width: width, height: height, samples: width * height * channels,
      maximum: maximum, options)
  }
}

extension ImageDecoder {
  /// One byte a sample: the common case, without the work of a cursor.
  fileprivate static func fillRaw(
    _ pixels: Tensor, with samples: ArraySlice<UInt8>, _ channels: Int, _ levels: PNMLevels
  ) -> Bool {
    pixels.withUnsafeMutableBytes { target in
      if channels == 3, levels.maximum == 255 {
        return samples.withUnsafeBytes { source in
          target.copyMemory(from: source)
          return source.count == target.count
        }
      }
      let repeats = channels == 3 ? 1 : 3
      var at = 0
      for sample in samples {
        let level = levels[Int(sample)]
        for _ in 0..<repeats {
          target[at] = level
          at += 1
        }
      }
      return at == target.count
    }
  }
}

/// The byte for each sample value, in Pillow's arithmetic.
struct PNMLevels {
  let maximum: Int
  private let table: [UInt8]

  init(maximum: Int, isBitmap: Bool, isGrey: Bool) {
    self.maximum = maximum
    table = (0...maximum).map { value in
      if isBitmap { return value == 0 ? 255 : 0 }
      let share = Double(value) / Double(maximum)
      // Pillow widens deep grey to 16 bits; of those the high byte is kept.
      if isGrey, maximum > 255 {
        return UInt8(Int((share * 65_535).rounded(.toNearestOrEven)) >> 8)
      }
      return UInt8((share * 255).rounded(.toNearestOrEven))
    }
  }

  /// Values above the maximum count as the maximum.
  subscript(value: Int) -> UInt8 { table[min(value, maximum)] }
}
