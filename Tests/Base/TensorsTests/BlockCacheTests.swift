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
    // A block that makes room may come back from the system at the same address: sizes tell.
    #expect((taken.byteCount == whole.byteCount) == finds)
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

  /// What waits is given back when something larger is asked for; the count goes the same way.
  @Test func blocksOfOtherSizesMakeRoom() throws {
    let (cache, count) = (BlockCache(), MemoryCount())
    for _ in 0..<3 {
      let small = try (0..<8).map { _ in try #require(cache.take(16 << 20)) }
      small.forEach(cache.giveBack)
      let large = try #require(cache.take(128 << 20))
      cache.giveBack(large)
      var counted = (0..<8).map { _ in count.block(16 << 20) }
      #expect(counted.count == 8)
      counted = []
      withExtendedLifetime(count.block(128 << 20)) {}
    }
    #expect(count.peak == 128 << 20)
    let whole = try #require(cache.take(80 << 20))
    #expect(whole.byteCount == 80 << 20 || whole.byteCount == 128 << 20)
    cache.giveBack(whole)
  }

  /// The sizes of a layer come by turns: a few of them wait for each other.
  @Test func blocksOfAFewSizesStay() throws {
    let cache = BlockCache(idleBytes: 96 << 20)
    let sizes = [1 << 20, 9 << 20, 33 << 20]
    let first = try sizes.map { size in
      let block = try #require(cache.take(size))
      cache.giveBack(block)
      return block
    }
    for _ in 0..<3 {
      for (size, block) in zip(sizes, first) {
        let again = try #require(cache.take(size))
        #expect(again == block)
        cache.giveBack(again)
      }
    }
    cache.empty()
  }

  @Test func sizesThatNoMemoryHasAreRefused() {
    #expect(BlockCache().take(-1) == nil)
    #expect(BlockCache().take(.max) == nil)
    #expect(BlockCache().take(1 << 60) == nil)
  }
}
