// Blocks that wait for the next tensor: which of them it gets.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Tensors

struct BlockCacheTests {
  @Test func keptBlockIsTakenAgain() throws {
    let cache = BlockCache()
    let first = try #require(cache.take(10_000))
    #expect(first.byteCount >= 10_000 && UInt(bitPattern: first.base) % 64 == 0)
    cache.giveBack(first)
    let second = try #require(cache.take(first.byteCount))
    #expect(second.base == first.base)
    let third = try #require(cache.take(first.byteCount))
    #expect(third.base != second.base)
    [second, third].forEach(cache.giveBack)
  }

  /// The last batch of a folder is often smaller than those before it.
  @Test(arguments: [(7, true), (5, true), (4, false), (1, false), (9, false)])
  func smallerRequestFindsLargerBlock(eighths: Int, finds: Bool) throws {
    let cache = BlockCache()
    let whole = try #require(cache.take(8 << 20))
    cache.giveBack(whole)
    let taken = try #require(cache.take(eighths << 20))
    #expect((taken.base == whole.base) == finds)
    #expect(taken.byteCount >= eighths << 20)
    cache.giveBack(taken)
  }

  @Test func smallestBlockThatSufficesComesFirst() throws {
    let cache = BlockCache()
    let blocks = try [8, 6, 7].map { try #require(cache.take($0 << 20)) }
    blocks.forEach(cache.giveBack)
    for expected in [blocks[1], blocks[2], blocks[0]] {
      #expect(cache.take(5 << 20)?.base == expected.base)
    }
    blocks.forEach(cache.giveBack)
  }

  @Test func sizesThatNoMemoryHasAreRefused() {
    #expect(BlockCache().take(-1) == nil)
    #expect(BlockCache().take(.max) == nil)
    #expect(BlockCache().take(1 << 60) == nil)
  }
}
