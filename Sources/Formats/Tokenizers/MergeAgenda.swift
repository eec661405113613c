// The agenda of byte-pair encoding: the best merge first, and of equals the leftmost.
// SPDX-License-Identifier: Apache-2.0

/// For each place in a word the rank of the merge that is possible there, and the least of all.
///
/// A tree of minima over blocks of places: some four bytes a place, whatever the text, and nothing
/// in it is ever stale.
struct MergeAgenda {
  /// Where nothing can be merged; ranks are below it.
  static let none = UInt32.max
  private static let blockSize = 64

  private var ranks: [UInt32] = []
  /// A binary tree in an array, its root at 1; the leaves are the minima of the blocks.
  private var minima: [UInt32] = []
  private var leafCount = 1

  /// Empties the agenda for a word of `count` places.
  mutating func reset(count: Int) {
    ranks.removeAll(keepingCapacity: true)
    ranks.append(contentsOf: repeatElement(Self.none, count: count))
    leafCount = 1
    while leafCount * Self.blockSize < count { leafCount *= 2 }
    minima.removeAll(keepingCapacity: true)
    minima.append(contentsOf: repeatElement(Self.none, count: 2 * leafCount))
  }

  mutating func set(_ place: Int, _ rank: UInt32) {
    let old = ranks[place]
    guard rank != old else { return }
    ranks[place] = rank
    var node = leafCount + place / Self.blockSize
    guard rank < minima[node] || old == minima[node] else { return }
    minima[node] = rank < minima[node] ? rank : least(inBlock: place / Self.blockSize)
    while node > 1 {
      node /= 2
      let least = min(minima[2 * node], minima[2 * node + 1])
      guard least != minima[node] else { return }
      minima[node] = least
    }
  }

  /// The leftmost of the places with the least rank; nil when nothing can be merged.
  var first: (place: Int, rank: UInt32)? {
    guard minima[1] != Self.none else { return nil }
    var node = 1
    while node < leafCount { node = minima[2 * node] == minima[node] ? 2 * node : 2 * node + 1 }
    let rank = minima[node]
    return ranks[block(node - leafCount)].firstIndex(of: rank).map { ($0, rank) }
  }

  private func block(_ number: Int) -> Range<Int> {
    number * Self.blockSize..<min((number + 1) * Self.blockSize, ranks.count)
  }

  private func least(inBlock number: Int) -> UInt32 {
    var least = Self.none
    for place in block(number) { least = min(least, ranks[place]) }
    return least
  }
}
