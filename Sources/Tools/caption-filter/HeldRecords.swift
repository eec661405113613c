// Records kept as lines of JSON until the selection is known.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// Lines in order, in blocks of which each is taken in one piece: growing one array of all would need
/// twice its size on the way.
struct HeldRecords {
  private static let blockBytes = 8 << 20
  private var blocks: [[UInt8]] = []

  /// Keeps `line`, which has no line end in it.
  mutating func append(_ line: ArraySlice<UInt8>) {
    let needed = line.count + 1
    if blocks.last.map({ $0.capacity - $0.count < needed }) ?? true {
      var block: [UInt8] = []
      block.reserveCapacity(max(Self.blockBytes, needed))
      blocks.append(block)
    }
    blocks[blocks.count - 1] += line
    blocks[blocks.count - 1].append(0x0A)
  }

  /// Hands out every line, its end with it, and its number from 0.
  func visit(_ body: (_ number: Int, _ line: ArraySlice<UInt8>) throws(Failure) -> Void)
    throws(Failure)
  {
    var number = 0
    for block in blocks {
      var start = 0
      while start < block.count {
        let end = Self.lineEnd(in: block, from: start)
        try body(number, block[start..<end])
        number += 1
        start = end
      }
    }
  }

  /// The place behind the line that begins at `start`.
  private static func lineEnd(in block: [UInt8], from start: Int) -> Int {
    block.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress,
        let found = memchr(base + start, 0x0A, bytes.count - start)
      else { return bytes.count }
      return UnsafeRawPointer(found) - base + 1
    }
  }
}
