// Blocks of memory that intermediate results pass from hand to hand.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Freed blocks, kept for the next tensor of about the same size.
final class BlockCache: Sendable {
  static let shared = BlockCache()

  /// An address for tensors without elements.
  nonisolated(unsafe) static let emptyBase = UnsafeMutableRawPointer.allocate(
    byteCount: 64, alignment: 64)

  struct Block: @unchecked Sendable, Equatable {
    // Sendable: a block has one owner at a time.
    let base: UnsafeMutableRawPointer
    let byteCount: Int
  }

  private let kept = Mutex(KeptBlocks<Block>())

  /// A block of at least `byteCount` bytes, aligned to 64; nil when memory is out.
  func take(_ byteCount: Int) -> Block? {
    guard let size = Self.roundedUp(byteCount) else { return nil }
    if let found = kept.withLock({ $0.take(size) }) { return found.block }
    for (_, block) in kept.withLock({ $0.makeRoom(for: size) }) { free(block.base) }
    guard let base = aligned_alloc(64, size) else { return nil }
    return Block(base: base, byteCount: size)
  }

  func giveBack(_ block: Block) {
    if !kept.withLock({ $0.keep(block, size: block.byteCount) }) { free(block.base) }
  }

  /// `size` and the seven that follow it among those that `roundedUp` gives.
  static func sizes(from size: Int) -> some Sequence<Int> {
    sequence(first: size) { roundedUp($0 + 1) }.prefix(8)
  }

  /// The next of eight sizes between two powers of two, so that few sizes serve many shapes.
  static func roundedUp(_ byteCount: Int) -> Int? {
    guard byteCount >= 0, byteCount < Int.max / 2 else { return nil }
    if byteCount <= 512 { return 512 }
    let step = 1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount - 3)
    return (byteCount + step - 1) / step * step
  }
}
