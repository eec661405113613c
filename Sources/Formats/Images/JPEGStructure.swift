// The outline of a JPEG file: frame header, scans and metadata, read before any decoding.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What the markers of a JPEG file say (ITU-T T.81 annex B), for the limits.
struct JPEGStructure {
  struct Component {
    var horizontal: Int
    var vertical: Int
  }

  private(set) var width = 0
  private(set) var height = 0
  private(set) var precision = 0
  private(set) var components: [Component] = []
  /// The frame header's marker, SOF0 ... SOF15.
  private(set) var frame: UInt8 = 0
  private(set) var scans = 0
  private(set) var entropyBytes = 0
  private(set) var photo = PhotoMetadata()
  /// Where the image ends: after EOI, or nil when there is none.
  private(set) var end: Int?

  private var segments = 0
  private var metadata = 0
  private var position = 2

  init(_ bytes: [UInt8], _ options: DecodeOptions) throws(Failure) {
    while let marker = nextMarker(bytes) {
      if marker == 0xD9 {
        end = position
        return
      }
      // Restart markers and TEM stand alone.
      if (0xD0...0xD8).contains(marker) || marker == 0x01 { continue }
      segments += 1
      guard segments <= options.maxSegments else {
        throw ImageFailure.tooComplex("more than \(options.maxSegments) marker segments")
      }
      guard let body = segmentBody(bytes) else { return }
      try note(marker, body, bytes, options)
      position = body.upperBound
    }
  }

  /// Passes over entropy-coded data and stuffing up to the next marker; nil at the end of the file.
  private mutating func nextMarker(_ bytes: [UInt8]) -> UInt8? {
    let start = position
    var at = position
    while at < bytes.count {
      guard bytes[at] == 0xFF else {
        at += 1
        continue
      }
      var code = at + 1
      while code < bytes.count, bytes[code] == 0xFF { code += 1 }
      guard code < bytes.count else { break }
      if bytes[code] != 0 {
        if scans > 0 { entropyBytes += at - start }
        position = code + 1
        return bytes[code]
      }
      at = code + 1
    }
    if scans > 0 { entropyBytes += bytes.count - start }
    position = bytes.count
    return nil
  }

  /// The bytes of the segment at `position` after its length; nil when they are not all there.
  private func segmentBody(_ bytes: [UInt8]) -> Range<Int>? {
    guard let length = bytes.bigEndian16(at: position), length >= 2,
      position + length <= bytes.count
    else { return nil }
    return position + 2..<position + length
  }

  private mutating func note(
    _ marker: UInt8, _ body: Range<Int>, _ bytes: [UInt8], _ options: DecodeOptions
  ) throws(Failure) {
    switch marker {
    case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
      if frame == 0 { noteFrame(marker, bytes[body]) }
    case 0xDA:
      scans += 1
      guard scans <= options.maxScans else {
        throw ImageFailure.tooComplex("more than \(options.maxScans) scans")
      }
    case 0xE0...0xEF, 0xFE:
      metadata += body.count
      guard metadata <= options.maxMetadata else {
        throw ImageFailure.tooComplex("more than \(options.maxMetadata) bytes of metadata")
      }
      if marker == 0xE1, scans == 0 { notePhoto(bytes[body]) }
    default: break
    }
  }

  private mutating func notePhoto(_ body: ArraySlice<UInt8>) {
    let xmpHeader = "http://ns.adobe.com/xap/1.0/\0".utf8
    if body.starts(with: PhotoMetadata.exifHeader) {
      photo.addExif(body.dropFirst(PhotoMetadata.exifHeader.count))
    } else if body.starts(with: xmpHeader) {
      photo.xmp = body.dropFirst(xmpHeader.count)
    }
  }

  private mutating func noteFrame(_ marker: UInt8, _ body: ArraySlice<UInt8>) {
    let values = body.map { Int($0) }
    guard values.count >= 6 else { return }
    frame = marker
    precision = values[0]
    height = values[1] << 8 | values[2]
    width = values[3] << 8 | values[4]
    for index in 0..<values[5] where 6 + 3 * index + 1 < values.count {
      let sampling = values[6 + 3 * index + 1]
      components.append(Component(horizontal: sampling >> 4, vertical: sampling & 15))
    }
  }

  /// The 8x8 blocks of all components; width and height must be within the limits.
  var blocks: Int {
    let across = components.map(\.horizontal).max() ?? 1
    let down = components.map(\.vertical).max() ?? 1
    return components.reduce(0) { sum, component in
      let columns = (width * component.horizontal).roundedUpQuotient(by: max(1, across) * 8)
      let rows = (height * component.vertical).roundedUpQuotient(by: max(1, down) * 8)
      return sum + columns * rows
    }
  }

  /// The coefficients that libjpeg keeps until the last scan, 16 bits each; none of a file with one
  /// scan for all components.
  var coefficientBytes: Int {
    let isProgressive = frame == 0xC2 || frame == 0xCA
    return isProgressive || scans > 1 ? blocks * 128 : 0
  }

  /// Whether each block costs at least a bit; arithmetic coding may spend less.
  var isHuffmanCoded: Bool { frame < 0xC8 }
}

extension Int {
  /// The quotient rounded up; both must be positive.
  func roundedUpQuotient(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}

extension [UInt8] {
  /// The big-endian number at `offset`, or nil when it is not all there.
  func bigEndian16(at offset: Int) -> Int? {
    guard offset >= 0, offset <= count - 2 else { return nil }
    return Int(self[offset]) << 8 | Int(self[offset + 1])
  }

  /// The big-endian number at `offset`, or nil when it is not all there.
  func bigEndian32(at offset: Int) -> Int? {
    guard let high = bigEndian16(at: offset), let low = bigEndian16(at: offset + 2) else {
      return nil
    }
    return high << 16 | low
  }
}
