// Which freed blocks are kept, which are reused for a request, and which are released.
// SPDX-License-Identifier: Apache-2.0

/// Freed blocks by their size. `BlockCache` keeps memory by this rule, and `MemoryCount` counts by it.
struct KeptBlocks<Block> {
  private var blocks: [Int: [Block]] = [:]
  private var byteCount = 0

  /// Enough for the activations of one layer of a large model.
  private static var mostBytes: Int { 512 << 20 }

  /// The smallest kept block of `size` bytes to twice as many: a last batch that is smaller than
  /// those before it finds their blocks, instead of asking for others beside them.
  mutating func take(_ size: Int) -> (size: Int, block: Block)? {
    for candidate in BlockCache.sizes(from: size) {
      guard let block = blocks[candidate]?.popLast() else { continue }
      byteCount -= candidate
      return (candidate, block)
    }
    return nil
  }

  /// So much may be kept while blocks of other sizes are requested: the sizes of a layer come in turn,
  /// and the first touch of a fresh page costs more than many kernels.
  var idleBytes: Int

  init(idleBytes: Int = 0) { self.idleBytes = idleBytes }

  /// Takes kept blocks away for a new one of `size` bytes, the largest first, until as many bytes are
  /// freed or those left and the new one are within `idleBytes`: what was kept for other sizes makes
  /// room, so that steps of many lengths take little more together than the longest.
  mutating func makeRoom(for size: Int) -> [(size: Int, block: Block)] {
    let (kept, overflow) = byteCount.addingReportingOverflow(size)
    let wanted = overflow ? .max : min(size, kept - idleBytes)
    var (freed, taken) = (0, [(size: Int, block: Block)]())
    for candidate in blocks.keys.sorted(by: >) {
      while freed < wanted, let block = blocks[candidate]?.popLast() {
        taken.append((candidate, block))
        freed += candidate
      }
      if freed >= wanted { break }
    }
    byteCount -= freed
    return taken
  }

  /// Keeps a block of `size` bytes; false where that would be too much.
  mutating func keep(_ block: Block, size: Int) -> Bool {
    guard byteCount + size <= Self.mostBytes else { return false }
    blocks[size, default: []].append(block)
    byteCount += size
    return true
  }
}
