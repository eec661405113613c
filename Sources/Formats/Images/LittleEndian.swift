// Numbers of files that put the low byte first.
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// The little-endian number of 1 to 4 bytes at `offset`, or nil when it is not all there.
  package func littleEndian(at offset: Int, width: Int) -> Int? {
    guard offset >= 0, offset <= count - width else { return nil }
    return self[offset..<offset + width].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  package func littleEndian16(at offset: Int) -> Int? { littleEndian(at: offset, width: 2) }
  package func littleEndian24(at offset: Int) -> Int? { littleEndian(at: offset, width: 3) }
  package func littleEndian32(at offset: Int) -> Int? { littleEndian(at: offset, width: 4) }
}
