// GIF: the codes of Lempel, Ziv and Welch, and the first image on its screen.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput

/// Decodes the first image of a GIF file. What it does not cover has the transparent index, or 0.
func decodeGIF(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) -> RGBImage {
  let outline = try GIFStructure(bytes, options)
  let (columns, rows) = (outline.columns, outline.rows)
  var codes = try GIFCodes(bytes, at: outline.data)
  let indices = try codes.indices(count: columns.count * rows.count)
  let colours = palette(of: outline, bytes)
  let pixels = try allocate(.u8, shape: [outline.height, outline.width, 3])
  pixels.withUnsafeMutableBytes { target in
    func put(_ index: UInt8, at pixel: Int) {
      for channel in 0..<3 { target[3 * pixel + channel] = colours[3 * Int(index) + channel] }
    }
    let below = UInt8(outline.transparent ?? 0)
    if columns.count < outline.width || rows.count < outline.height {
      for pixel in 0..<outline.width * outline.height { put(below, at: pixel) }
    }
    for (place, row) in rowOrder(rows.count, isInterlaced: outline.isInterlaced).enumerated() {
      let start = (rows.lowerBound + row) * outline.width + columns.lowerBound
      for column in 0..<columns.count {
        put(indices[place * columns.count + column], at: start + column)
      }
    }
  }
  return RGBImage(pixels: pixels)
}

/// 256 colours: those of the file, then black; where there are none, or each is the grey of its own
/// number, all greys, as Pillow has it.
private func palette(of outline: GIFStructure, _ bytes: [UInt8]) -> [UInt8] {
  let greys = (0..<256).flatMap { [UInt8](repeating: UInt8($0), count: 3) }
  guard let range = outline.palette, range.upperBound <= bytes.count else { return greys }
  let colours = bytes[range]
  if greys.starts(with: colours) { return greys }
  return colours + [UInt8](repeating: 0, count: 768 - colours.count)
}

/// The row of the image that each row of the data is (GIF89a, appendix E).
private func rowOrder(_ count: Int, isInterlaced: Bool) -> [Int] {
  guard isInterlaced else { return Array(0..<count) }
  return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { start, step in
    Array(stride(from: start, to: count, by: step))
  }
}

/// The data of an image: blocks of bytes, in them codes of 2 to 12 bits, low bits first.
private struct GIFCodes {
  private let bytes: [UInt8]
  private let firstWidth: Int
  /// Of the next byte, and how many of its block are left.
  private var position: Int
  private var left = 0
  private var buffer = 0
  private var buffered = 0

  init(_ bytes: [UInt8], at start: Int) throws(Failure) {
    self.bytes = bytes
    firstWidth = Int(bytes[start]) + 1
    position = start + 1
    guard (2...12).contains(firstWidth) else {
      throw ImageFailure.corrupt("a GIF with codes of \(firstWidth) bits")
    }
  }

  /// The first `count` indices of colours.
  mutating func indices(count: Int) throws(Failure) -> [UInt8] {
    let clear = 1 << (firstWidth - 1)
    // A string is that of another code and one index more; the last index is kept, and the first.
    var earlier = [Int](repeating: 0, count: 4096)
    var last = [UInt8](repeating: 0, count: 4096)
    var first = [UInt8](repeating: 0, count: 4096)
    var length = [Int](repeating: 0, count: 4096)
    for code in 0..<min(clear, 256) {
      (last[code], first[code], length[code]) = (UInt8(code), UInt8(code), 1)
    }
    var output = [UInt8](repeating: 0, count: count)
    var (filled, width, next) = (0, firstWidth, clear + 2)
    var previous: Int?
    while filled < count {
      let code = try read(width)
      if code == clear {
        (width, next, previous) = (firstWidth, clear + 2, nil)
        continue
      }
      guard code != clear + 1 else {
        throw ImageFailure.corrupt("the GIF's data ends before its first image does")
      }
      if let previous, next < 4096 {
        guard code <= next else { throw ImageFailure.corrupt("a code that the GIF has not made") }
        let source = code == next ? previous : code
        (earlier[next], last[next]) = (previous, first[source])
        (first[next], length[next]) = (first[previous], length[previous] + 1)
        next += 1
        if next == 1 << width, width < 12 { width += 1 }
      }
      guard length[code] > 0, code < next else {
        throw ImageFailure.corrupt("a code that the GIF has not made")
      }
      // A string is written from its end.
      var part = code
      for at in stride(from: filled + length[code] - 1, through: filled, by: -1) {
        if at < count { output[at] = last[part] }
        part = earlier[part]
      }
      filled += length[code]
      previous = code
    }
    return output
  }

  private mutating func read(_ width: Int) throws(Failure) -> Int {
    while buffered < width {
      if left == 0 {
        guard position < bytes.count, bytes[position] > 0 else {
          throw position < bytes.count
            ? ImageFailure.corrupt("the GIF's data ends before its first image does")
            : ImageFailure.cut("the GIF ends before its first image does")
        }
        left = Int(bytes[position])
        position += 1
      }
      guard position < bytes.count else {
        throw ImageFailure.cut("the GIF ends before its first image does")
      }
      buffer |= Int(bytes[position]) << buffered
      buffered += 8
      position += 1
      left -= 1
    }
    defer {
      buffer >>= width
      buffered -= width
    }
    return buffer & (1 << width - 1)
  }
}
