// Which micro-batches of a step each rank computes.
// SPDX-License-Identifier: Apache-2.0

/// Consecutive blocks of a step's micro-batches, one per rank.
public struct StepShare: Equatable, Sendable {
  /// Micro-batches of a whole step, and ranks.
  public let microBatches: Int
  public let ranks: Int

  public init(microBatches: Int, ranks: Int) {
    (self.microBatches, self.ranks) = (microBatches, ranks)
  }

  /// The block of `rank` in a step of `count` micro-batches, fewer than a whole one at an epoch's end:
  /// then it is what the whole step's block has of them.
  public func block(of rank: Int, count: Int) -> Range<Int> {
    let (first, end) = (microBatches * rank / ranks, microBatches * (rank + 1) / ranks)
    return min(first, count)..<min(end, count)
  }

  /// The number of ranks, the first ones, that compute something in a step of `count` micro-batches.
  public func active(count: Int) -> Int {
    (0..<ranks).count { !block(of: $0, count: count).isEmpty }
  }

  /// The most micro-batches of a rank.
  public var largestBlock: Int {
    (0..<ranks).map { block(of: $0, count: microBatches).count }.max() ?? 0
  }

  /// Whether the sum of all gradients has the same bits as with one rank: blocks are then whole
  /// branches of its tree.
  public var isExact: Bool {
    let each = microBatches / ranks
    return microBatches % ranks == 0 && each & (each - 1) == 0
  }
}

/// The upper part of a step's tree of sums, whose leaves are the ranks' blocks.
enum RankTree {
  /// Which of `count` parts is added to which, one after the other: neighbours first, then neighbouring
  /// pairs. The sum of all is the first part then.
  static func pairs(_ count: Int) -> [(to: Int, from: Int)] {
    var (pairs, distance) = ([(to: Int, from: Int)](), 1)
    while distance < count {
      pairs += stride(from: 0, to: count - distance, by: 2 * distance).map { ($0, $0 + distance) }
      distance *= 2
    }
    return pairs
  }
}
