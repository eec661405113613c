// Takes numbers and samples out of a PNM file.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A cursor over a PNM file, after its magic.
struct PNMReader {
  private let bytes: [UInt8]
  private var position = 2
  /// The bits of the byte last read from a raw bitmap.
  private var packed: UInt8 = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var hasMore: Bool { bytes[position...].contains { !$0.isSpace } }

  /// The next number of the header, and the one white space byte that ends it.
  mutating func headerNumber() throws(Failure) -> Int {
    skipSpaceAndComments()
    guard let value = try plainNumber() else {
      throw position < bytes.count
        ? ImageFailure.corrupt("byte \(position) of the PNM header is not a number")
        : ImageFailure.truncated("the PNM data ends in the header")
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: "#") {
      skipComment()
      // As in Pillow, the end of a comment that touches a number does not end the number.
      if position < bytes.count { position += 1 }
    }
    guard position < bytes.count else {
      throw ImageFailure.truncated("the PNM data ends in the header")
    }
    guard bytes[position].isSpace else {
      throw ImageFailure.corrupt("byte \(position) of the PNM header is not white space")
    }
    position += 1
    return value
  }

  /// Fails before memory is spent if the file is too short to hold the samples.
  func checkLength(
    kind: Int, width: Int, height: Int, samples: Int, maximum: Int, _ options: DecodeOptions
  ) throws(Failure) {
    let needed =
      switch kind {
      case 1: samples
      case 2, 3: 2 * samples - 1
      case 4: width.roundedUpQuotient(by: 8) * height
      default: maximum > 255 ? 2 * samples : samples
      }
    guard needed <= bytes.count - position || options.padsTruncated else {
      throw ImageFailure.truncated(
        "\(width)x\(height) samples need \(needed) bytes, of which \(bytes.count - position) are "
          + "there")
    }
  }

  /// Sample `index` of the image, or nil at the end of the data.
  mutating func sample(
    kind: Int, index: Int, width: Int, levels: PNMLevels
  ) throws(Failure) -> Int? {
    switch kind {
    case 1: return try plainBit()
    case 2, 3: return try plainSample(maximum: levels.maximum)
    case 4: return rawBit(column: index % width)
    default: return rawSample(isWide: levels.maximum > 255)
    }
  }

  /// The next `count` bytes, or as many as there are.
  mutating func rest(upTo count: Int) -> ArraySlice<UInt8> {
    let slice = bytes[position...].prefix(count)
    position = slice.endIndex
    return slice
  }

  private mutating func plainBit() throws(Failure) -> Int? {
    skipSpaceAndComments()
    guard let byte = next() else { return nil }
    guard byte == 0x30 || byte == 0x31 else {
      throw ImageFailure.corrupt("byte \(position - 1) of a plain bitmap is neither 0 nor 1")
    }
    return Int(byte) - 0x30
  }

  private mutating func plainSample(maximum: Int) throws(Failure) -> Int? {
    skipSpaceAndComments()
    guard let value = try plainNumber() else {
      if position == bytes.count { return nil }
      throw ImageFailure.corrupt("byte \(position) of the samples is not a number")
    }
    guard
      position == bytes.count || bytes[position].isSpace
        || bytes[position] == UInt8(ascii: "#")
    else { throw ImageFailure.corrupt("byte \(position) of the samples is not white space") }
    guard value <= maximum else {
      throw ImageFailure.corrupt("sample \(value) exceeds the maximum \(maximum)")
    }
    return value
  }

  private mutating func rawBit(column: Int) -> Int? {
    if column % 8 == 0 {
      guard let byte = next() else { return nil }
      packed = byte
    }
    return Int(packed >> (7 - column % 8)) & 1
  }

  private mutating func rawSample(isWide: Bool) -> Int? {
    guard isWide else { return next().map { Int($0) } }
    guard let value = bytes.bigEndian16(at: position) else {
      position = bytes.count
      return nil
    }
    position += 2
    return value
  }

  private mutating func next() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// A comment goes from # to the end of the line.
  private mutating func skipComment() {
    while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D {
      position += 1
    }
  }

  private mutating func skipSpaceAndComments() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        skipComment()
      } else if bytes[position].isSpace {
        position += 1
      } else {
        return
      }
    }
  }

  /// Decimal digits, at most ten as in Pillow; nil when there is none.
  private mutating func plainNumber() throws(Failure) -> Int? {
    let start = position
    var value = 0
    while position < bytes.count, bytes[position].isDigit {
      guard position - start < 10 else {
        throw ImageFailure.corrupt("a number of more than ten digits at byte \(start)")
      }
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    return position == start ? nil : value
  }
}
