// The outline of a HEIF file, AVIF too: size and turning of its primary image.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What the boxes of a HEIF file say of the primary item (ISO/IEC 14496-12 and 23008-12).
struct HEIFStructure {
  private(set) var width = 0
  private(set) var height = 0
  /// Quarter turns against the clock, then a mirror: nil for none, 0 top to bottom, 1 left to right.
  private var turns = 0
  private var mirror: Int?

  private struct Box {
    let kind: String
    let body: Range<Int>
  }

  private let bytes: [UInt8]

  init(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) {
    self.bytes = bytes
    let top = try boxes(in: 0..<bytes.count, options)
    guard let meta = top.first(where: { $0.kind == "meta" }) else {
      throw ImageFailure.corrupt("the file has no box about images")
    }
    // Version and flags come first.
    let inner = try boxes(
      in: min(meta.body.lowerBound + 4, meta.body.upperBound)..<meta.body.upperBound, options)
    guard let primary = inner.first(where: { $0.kind == "pitm" }).flatMap({ number(of: $0.body) }),
      let properties = inner.first(where: { $0.kind == "iprp" })
    else { throw ImageFailure.corrupt("the file does not say which image is the primary one") }
    let parts = try boxes(in: properties.body, options)
    guard let list = parts.first(where: { $0.kind == "ipco" }) else {
      throw ImageFailure.corrupt("the file says nothing of its images")
    }
    let known = try boxes(in: list.body, options)
    for association in parts where association.kind == "ipma" {
      for index in indices(of: primary, in: association.body)
      where known.indices.contains(index - 1) {
        note(known[index - 1])
      }
    }
    guard width > 0, height > 0 else {
      throw ImageFailure.corrupt("the file does not say how large its primary image is")
    }
    try options.check(width: width, height: height)
  }

  /// The EXIF orientation of the same turn and mirror, which Pillow reads an AVIF's as.
  var orientation: Int {
    let mirrored = [[4, 2], [5, 7], [2, 4], [7, 5]]
    guard let mirror else { return [1, 8, 3, 6][turns] }
    return mirrored[turns][mirror]
  }

  private mutating func note(_ box: Box) {
    let start = box.body.lowerBound
    switch box.kind {
    case "ispe" where box.body.count >= 12:
      width = bytes.bigEndian32(at: start + 4) ?? 0
      height = bytes.bigEndian32(at: start + 8) ?? 0
    case "irot" where !box.body.isEmpty: turns = Int(bytes[start] & 3)
    case "imir" where !box.body.isEmpty: mirror = Int(bytes[start] & 1)
    default: break
    }
  }

  /// Boxes one after the other; what remains of a cut one is left out.
  private func boxes(in range: Range<Int>, _ options: DecodeOptions) throws(Failure) -> [Box] {
    var found: [Box] = []
    var position = range.lowerBound
    while position + 8 <= range.upperBound, let small = bytes.bigEndian32(at: position) {
      var (size, head) = (small, 8)
      if small == 1, let high = bytes.bigEndian32(at: position + 8),
        let low = bytes.bigEndian32(at: position + 12), high < 1 << 24
      {
        (size, head) = (high << 32 | low, 16)
      }
      if small == 0 { size = range.upperBound - position }
      guard size >= head else { throw ImageFailure.corrupt("a box of \(size) bytes") }
      let end = position + size
      guard end <= range.upperBound else {
        throw ImageFailure.cut("a box of the file is not all there")
      }
      found.append(
        Box(
          kind: String(decoding: bytes[position + 4..<position + 8], as: UTF8.self),
          body: position + head..<end))
      guard found.count <= options.maxSegments else {
        throw ImageFailure.tooComplex("more than \(options.maxSegments) boxes")
      }
      position = end
    }
    return found
  }

  /// An item's number after version and flags: 2 bytes, or 4 from version 1 on.
  private func number(of body: Range<Int>) -> Int? {
    guard body.count >= 6 else { return nil }
    let start = body.lowerBound
    return bytes[start] == 0
      ? bytes.bigEndian16(at: start + 4) : bytes.bigEndian32(at: start + 4)
  }

  /// The properties of `item`, counted from 1, in their order.
  private func indices(of item: Int, in body: Range<Int>) -> [Int] {
    guard body.count >= 8 else { return [] }
    let isLong = bytes[body.lowerBound] > 0
    let isWide = bytes[body.lowerBound + 3] & 1 != 0
    var position = body.lowerBound + 8
    var found: [Int] = []
    for _ in 0..<(bytes.bigEndian32(at: body.lowerBound + 4) ?? 0) {
      let at = position + (isLong ? 4 : 2)
      guard at < body.upperBound else { break }
      let number = isLong ? bytes.bigEndian32(at: position) : bytes.bigEndian16(at: position)
      let width = isWide ? 2 : 1
      position = at + 1 + Int(bytes[at]) * width
      guard position <= body.upperBound else { break }
      guard number == item else { continue }
      for index in stride(from: at + 1, to: position, by: width) {
        // The highest bit says that the property must be understood.
        found.append(
          isWide ? (bytes.bigEndian16(at: index) ?? 0) & 0x7FFF : Int(bytes[index] & 0x7F))
      }
    }
    return found
  }
}
