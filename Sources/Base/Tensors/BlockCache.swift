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

  private struct State {
    var blocks: [Int: [Block]] = [:]
    var keptBytes = 0
  }

  /// Enough for the activations of one layer of a large model.
  static let mostKeptBytes = 512 << 20

  private let state = Mutex(State())

  /// A block of at least `byteCount` bytes, aligned to 64; nil when memory is out.
  func take(_ byteCount: Int) -> Block? {
    guard let size = Self.roundedUp(byteCount) else { return nil }
    if let kept = takeKept(size) { return kept }
    // What was kept for other sizes makes room, so that steps of many lengths take no more together
    // than the longest.
    for block in makeRoom(for: size) { free(block.base) }
    guard let base = aligned_alloc(64, size) else { return nil }
    return Block(base: base, byteCount: size)
  }

  /// The smallest kept block of `size` bytes to twice as many: a last batch that is smaller than
  /// those before it finds their blocks, instead of asking for others beside them.
  private func takeKept(_ size: Int) -> Block? {
    state.withLock { state in
      for candidate in Self.sizes(from: size) {
        guard let block = state.blocks[candidate]?.popLast() else { continue }
        state.keptBytes -= candidate
        return block
      }
      return nil
    }
  }

  /// Takes kept blocks away, the largest first, until they are `size` bytes or there are none.
  private func makeRoom(for size: Int) -> [Block] {
    state.withLock { state in
      var (freed, blocks) = (0, [Block]())
      for candidate in state.blocks.keys.sorted(by: >) {
        while freed < size, let block = state.blocks[candidate]?.popLast() {
          blocks.append(block)
          freed += candidate
        }
        if freed >= size { break }
      }
      state.keptBytes -= freed
      return blocks
    }
  }

  func giveBack(_ block: Block) {
    let kept = state.withLock { state -> Bool in
      guard state.keptBytes + block.byteCount <= Self.mostKeptBytes else { return false }
      state.blocks[block.byteCount, default: []].append(block)
      state.keptBytes += block.byteCount
      return true
    }
    if !kept { free(block.base) }
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
