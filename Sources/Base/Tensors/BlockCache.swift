// Reuse of memory blocks for intermediate results.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Freed blocks, kept for the next tensor of about the same size.
final class BlockCache: Sendable {
  static let shared = BlockCache(idleBytes: 256 << 20)

  /// An address for tensors without elements.
  nonisolated(unsafe) static let emptyBase = UnsafeMutableRawPointer.allocate(
    byteCount: 64, alignment: 64)

  struct Block: @unchecked Sendable, Equatable {
    // Sendable: a block has one owner at a time.
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    /// From this size on a block has pages of its own: in the heap, steps of many lengths would leave
    /// gaps behind, which are nobody's and stay.
    static var mappedFrom: Int { 128 << 10 }

    /// A block with arbitrary content, aligned to 64; nil when memory runs out.
    init?(byteCount: Int) {
      var base: UnsafeMutableRawPointer?
      if byteCount < Self.mappedFrom {
        base = aligned_alloc(64, byteCount)
      } else {
        base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      }
      guard let base, base != MAP_FAILED else { return nil }
      (self.base, self.byteCount) = (base, byteCount)
    }

    func free() {
      if byteCount < Self.mappedFrom { Glibc.free(base) } else { munmap(base, byteCount) }
    }
  }

  private let kept: Mutex<KeptBlocks<Block>>

  init(idleBytes: Int = 0) { kept = Mutex(KeptBlocks(idleBytes: idleBytes)) }

  /// A block of at least `byteCount` bytes, aligned to 64; nil when memory runs out.
  func take(_ byteCount: Int) -> Block? {
    guard let size = Self.roundedUp(byteCount) else { return nil }
    if let found = kept.withLock({ $0.take(size) }) { return found.block }
    for (_, block) in kept.withLock({ $0.makeRoom(for: size) }) { block.free() }
    return Block(byteCount: size)
  }

  func giveBack(_ block: Block) {
    if !kept.withLock({ $0.keep(block, size: block.byteCount) }) { block.free() }
  }

  func keepIdle(_ byteCount: Int) { kept.withLock { $0.idleBytes = byteCount } }

  /// Returns all kept blocks to the system.
  func empty() {
    for (_, block) in kept.withLock({ $0.makeRoom(for: .max) }) { block.free() }
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
