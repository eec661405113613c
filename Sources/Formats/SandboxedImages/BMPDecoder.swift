// BMP: indices, packed colours and run lengths to RGB8.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput

/// Decodes a BMP file.
func decodeBMP(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) -> RGBImage {
  let outline = try BMPStructure(bytes, options)
  let (width, height) = (outline.width, outline.height)
  let runs = outline.isRunLength ? try BMPRuns(bytes, outline).indices() : []
  let colours = palette(of: outline, bytes)
  let pixels = try allocate(.u8, shape: [height, width, 3])
  pixels.withUnsafeMutableBytes { target in
    for row in 0..<height {
      let start = outline.data + row * outline.rowBytes
      var at = (outline.isTopDown ? row : height - 1 - row) * width * 3
      for column in 0..<width {
        let colour: (UInt8, UInt8, UInt8)
        if outline.isRunLength {
          colour = colours[Int(runs[row * width + column])]
        } else if outline.bits <= 8 {
          let bit = column * outline.bits
          let byte = Int(bytes[start + bit / 8])
          colour = colours[byte >> (8 - outline.bits - bit % 8) & (1 << outline.bits - 1)]
        } else {
          colour = outline.colour(bytes, at: start + column * outline.bits / 8)
        }
        (target[at], target[at + 1], target[at + 2]) = colour
        at += 3
      }
    }
  }
  return RGBImage(pixels: pixels)
}

/// 256 colours: those of the file, then black.
private func palette(of outline: BMPStructure, _ bytes: [UInt8]) -> [(UInt8, UInt8, UInt8)] {
  let starts = stride(
    from: outline.palette.lowerBound, to: outline.palette.upperBound, by: outline.colourBytes)
  let colours = starts.prefix(256).map { (bytes[$0 + 2], bytes[$0 + 1], bytes[$0]) }
  return colours + [(UInt8, UInt8, UInt8)](repeating: (0, 0, 0), count: 256 - colours.count)
}

extension BMPStructure {
  /// The colour of a pixel of 16, 24 or 32 bits.
  fileprivate func colour(_ bytes: [UInt8], at start: Int) -> (UInt8, UInt8, UInt8) {
    guard bits == 16 else {
      // Masks are whole bytes here; without any the order is blue, green, red.
      guard let masks, masks[0] != 0 else {
        return (bytes[start + 2], bytes[start + 1], bytes[start])
      }
      func channel(_ mask: Int) -> UInt8 { bytes[start + mask.trailingZeroBitCount / 8] }
      return (channel(masks[0]), channel(masks[1]), channel(masks[2]))
    }
    let value = Int(bytes[start]) | Int(bytes[start + 1]) << 8
    let hasSixGreens = masks?[1] == 0x7E0
    // Rounded down, as Pillow does.
    let green = hasSixGreens ? (value >> 5 & 63) * 255 / 63 : (value >> 5 & 31) * 255 / 31
    let red = (value >> (hasSixGreens ? 11 : 10) & 31) * 255 / 31
    return (UInt8(red), UInt8(green), UInt8((value & 31) * 255 / 31))
  }
}

/// Run lengths of indices: a count and one byte, or 0 and an escape.
private struct BMPRuns {
  private let bytes: [UInt8]
  private let width: Int
  private let count: Int
  private let isFourBits: Bool
  private var position: Int
  private var output: [UInt8] = []
  /// Where in its row the next index comes; at its end until an end of line.
  private var column = 0

  init(_ bytes: [UInt8], _ outline: BMPStructure) {
    self.bytes = bytes
    width = outline.width
    count = outline.width * outline.height
    isFourBits = outline.compression == .rle4
    position = outline.data
  }

  /// Row by row from the first that is stored; what is left out has index 0.
  func indices() throws(Failure) -> [UInt8] {
    var runs = self
    runs.output.reserveCapacity(count)
    while runs.output.count < count {
      let (length, value) = try runs.pair()
      if length > 0 {
        runs.repeated(value, length)
      } else if try !runs.escape(value) {
        break
      }
    }
    return runs.output + [UInt8](repeating: 0, count: max(0, count - runs.output.count))
  }

  private mutating func pair() throws(Failure) -> (Int, UInt8) {
    guard position + 2 <= bytes.count else {
      throw ImageFailure.cut("the BMP ends before its last row")
    }
    defer { position += 2 }
    return (Int(bytes[position]), bytes[position + 1])
  }

  /// A run ends with its row, and so does the image.
  private mutating func repeated(_ value: UInt8, _ length: Int) {
    let count = min(length, max(0, width - column), self.count - output.count)
    for index in 0..<count {
      output.append(isFourBits ? (index % 2 == 0 ? value >> 4 : value & 15) : value)
    }
    column += count
  }

  /// False at the end of the image.
  private mutating func escape(_ value: UInt8) throws(Failure) -> Bool {
    switch value {
    case 0:
      skip((width - output.count % width) % width)
      column = 0
    case 1: return false
    case 2:
      let (right, up) = try pair()
      skip(right + Int(up) * width)
      column = output.count % width
    default: try copy(min(Int(value), count - output.count))
    }
    return true
  }

  private mutating func skip(_ pixels: Int) {
    output.append(contentsOf: repeatElement(0, count: min(pixels, count - output.count)))
  }

  /// Indices as they are, padded to a whole word of 16 bits of the file.
  private mutating func copy(_ pixels: Int) throws(Failure) {
    let length = isFourBits ? (pixels + 1) / 2 : pixels
    guard position + length <= bytes.count else {
      throw ImageFailure.cut("the BMP ends before its last row")
    }
    for index in 0..<pixels {
      let byte = bytes[position + (isFourBits ? index / 2 : index)]
      output.append(isFourBits ? (index % 2 == 0 ? byte >> 4 : byte & 15) : byte)
    }
    column += pixels
    position += length
    position += position % 2
  }
}
