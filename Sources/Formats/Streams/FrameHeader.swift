// The first bytes of a zstd frame (RFC 8878, section 3.1).
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What a frame says about itself before any of it is decompressed.
struct FrameHeader: Equatable {
  enum Kind: Equatable {
    case zstd(hasChecksum: Bool, windowBytes: UInt64)
    /// A frame for others, of `byteCount` bytes after the header.
    case skippable(magic: UInt32, byteCount: Int)
  }
  let kind: Kind
  /// Bytes of the header itself.
  let byteCount: Int
  /// Bytes that the frame says it holds, where it says so.
  let contentByteCount: UInt64?

  static let zstdMagic: UInt32 = 0xFD2F_B528
  static let skippableMagics: ClosedRange<UInt32> = 0x184D_2A50...0x184D_2A5F

  /// True when `bytes` may be the start of a frame, as far as they go.
  static func mayBegin(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let zstd: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18]
    return zip(bytes, zstd).allSatisfy(==)
      || zip(bytes, skippable).enumerated()
        .allSatisfy { $0.offset == 0 ? $0.element.0 & 0xF0 == 0x50 : $0.element.0 == $0.element.1 }
  }

  /// Parses the header at the start of `bytes`; nil when more bytes are needed to do so.
  /// Throws `frame/magic`, `frame/reserved` or `frame/dictionary`.
  init?(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard bytes.count >= 4 else { return nil }
    let magic = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
    if Self.skippableMagics.contains(magic) {
      guard bytes.count >= 8 else { return nil }
      let size = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      kind = .skippable(magic: magic, byteCount: Int(size))
      byteCount = 8
      contentByteCount = nil
      return
    }
    guard magic == Self.zstdMagic else {
      throw Failure(.invalidInput, code: "frame/magic", "expected a zstd frame", kind: .otherFormat)
    }
    guard bytes.count >= 5 else { return nil }
    let descriptor = bytes[4]
    let isSingleSegment = descriptor & 0x20 != 0
    guard descriptor & 0x08 == 0 else {
      throw Failure(.invalidInput, code: "frame/reserved", "the reserved bit of a frame is set")
    }
    guard descriptor & 0x03 == 0 else {
      throw Failure(.invalidInput, code: "frame/dictionary", "the frame needs a dictionary")
    }
    let sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
    byteCount = 5 + (isSingleSegment ? 0 : 1) + sizeBytes
    guard bytes.count >= byteCount else { return nil }
    let content = Self.contentSize(bytes[(byteCount - sizeBytes)..<byteCount])
    contentByteCount = sizeBytes == 0 ? nil : content
    let window = isSingleSegment ? content : Self.window(descriptor: bytes[5])
    kind = .zstd(hasChecksum: descriptor & 0x04 != 0, windowBytes: window)
  }

  /// The end of the last frame of `bytes` that is whole, found by the sizes in headers and blocks,
  /// without decompressing.
  static func endOfLastWhole(_ bytes: UnsafeRawBufferPointer) -> Int {
    var end = 0
    while let next = endOfFrame(bytes, at: end), next <= bytes.count { end = next }
    return end
  }

  /// Where the frame that begins at `start` ends by its own sizes, perhaps behind all bytes; nil
  /// where these are damaged or cut.
  static func endOfFrame(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int? {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
    guard let header = try? FrameHeader(rest) else { return nil }
    var position = start + header.byteCount
    guard case .zstd(let hasChecksum, _) = header.kind else {
      guard case .skippable(_, let byteCount) = header.kind else { return nil }
      return position + byteCount
    }
    while position <= bytes.count - 3 {
      let block = bytes[position..<position + 3].reversed().reduce(0) { $0 << 8 | Int($1) }
      let kind = block >> 1 & 3
      if kind == 3 { return nil }
      // A block of one repeated byte holds that byte alone.
      position += 3 + (kind == 1 ? 1 : block >> 3)
      if block & 1 == 1 { return position + (hasChecksum ? 4 : 0) }
    }
    return nil
  }

  private static func contentSize(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
    let value = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    return bytes.count == 2 ? value + 256 : value
  }

  private static func window(descriptor: UInt8) -> UInt64 {
    let base = UInt64(1) << (10 + UInt64(descriptor >> 3))
    return base + base / 8 * UInt64(descriptor & 7)
  }
}
