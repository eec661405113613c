// Which prompts are kept, and which of them serves another.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import Testing

@testable import Generation

/// A store of which only the size counts.
private final class SizedStore: AttentionStore {
  let capacity = 0
  let length = 0
  let byteCount: Int

  init(_ byteCount: Int) { self.byteCount = byteCount }

  func advance(by count: Int) {}
  func truncate(to length: Int) {}
  func copyPrefix(of other: any AttentionStore, length: Int) {}
}

struct PromptCacheTests {
  /// Ten positions of system text, twenty of image number `image`, then `question`.
  private func prompt(image: Int, question: [Int32]) throws -> PreparedPrompt {
    let rows = try Tensor([Float](repeating: Float(image), count: 20 * 2), shape: [20, 2])
    return PreparedPrompt(pieces: [
      .tokens(Array(1...10)), .image(rows), .tokens(question),
    ])
  }

  @Test func questionsAboutOneImageShareItInAnyOrder() throws {
    var cache = PromptCache(byteLimit: 100)
    let before = cache.longest(for: try prompt(image: 1, question: [5]))
    #expect(before?.length == nil)
    let stores = [SizedStore(10), SizedStore(10), SizedStore(10)]
    cache.keep(try prompt(image: 1, question: [5, 6]), stores[0])
    cache.keep(try prompt(image: 2, question: [5, 6]), stores[1])
    #expect(cache.count == 2)
    let sibling = cache.longest(for: try prompt(image: 1, question: [5, 7]))
    let first = try #require(sibling)
    #expect(first.store === stores[0])
    #expect(first.length == 31)
    // Its successor takes its place; the other image stays.
    cache.keep(try prompt(image: 1, question: [5, 7]), stores[2])
    #expect(cache.count == 2)
    let cousin = cache.longest(for: try prompt(image: 2, question: [9]))
    let other = try #require(cousin)
    #expect(other.store === stores[1])
    #expect(other.length == 30)
  }

  @Test func otherImagesShareTheSystemsText() throws {
    var cache = PromptCache(byteLimit: 100)
    cache.keep(try prompt(image: 1, question: [5]), SizedStore(10))
    let shared = cache.longest(for: try prompt(image: 2, question: [5]))
    #expect(shared?.length == 10)
    let stranger = cache.longest(for: PreparedPrompt(pieces: [.tokens([2, 3])]))
    #expect(stranger?.length == nil)
  }

  /// The last position is always read: its logits are wanted.
  @Test func theSamePromptReadsItsEnd() throws {
    var cache = PromptCache(byteLimit: 100)
    let same = try prompt(image: 1, question: [5, 6])
    cache.keep(same, SizedStore(10))
    let again = cache.longest(for: same)
    #expect(again?.length == same.length - 1)
    let single = cache.longest(for: PreparedPrompt(pieces: [.tokens([1])]))
    #expect(single?.length == nil)
  }

  @Test func whatServedLongestAgoGoesFirst() throws {
    var cache = PromptCache(byteLimit: 30)
    let stores = (0..<4).map { _ in SizedStore(10) }
    for image in 0..<3 { cache.keep(try prompt(image: image, question: [5]), stores[image]) }
    _ = cache.longest(for: try prompt(image: 0, question: [6]))
    cache.keep(try prompt(image: 3, question: [5]), stores[3])
    #expect(cache.count == 3)
    let kept = try (0..<4).filter {
      let found = cache.longest(for: try prompt(image: $0, question: [7]))
      return found?.length == 30
    }
    #expect(kept == [0, 2, 3])
    var none = PromptCache(byteLimit: 9)
    none.keep(try prompt(image: 0, question: [5]), stores[0])
    #expect(none.count == 0)
  }
}
