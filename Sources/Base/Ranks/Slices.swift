// How the elements of an array are distributed over ranks.
// SPDX-License-Identifier: Apache-2.0

/// Consecutive parts of an array, one per rank; some may be empty.
public struct Slices: Equatable, Sendable {
  /// Where each part begins, and the end of the last.
  public let bounds: [Int]

  /// Parts of whole blocks of `block` elements, none of which has more than one block more than
  /// another. Those that have one more begin with rank `first`, so that over many arrays no rank has
  /// the most of all.
  public init(evenly count: Int, block: Int, ranks: Int, first: Int = 0) {
    let blocks = (count + block - 1) / block
    let (least, more) = (blocks / ranks, blocks % ranks)
    var bounds = [0]
    for rank in 0..<ranks {
      let place = ((rank - first) % ranks + ranks) % ranks
      bounds.append(min(count, bounds[rank] + (least + (place < more ? 1 : 0)) * block))
    }
    bounds[ranks] = count
    self.bounds = bounds
  }

  /// Everything to one rank.
  public init(whole count: Int, of owner: Int, ranks: Int) {
    bounds = (0...ranks).map { $0 <= owner ? 0 : count }
  }

  /// Parts of these sizes.
  public init(counts: [Int]) {
    bounds = counts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
  }

  public var ranks: Int { bounds.count - 1 }
  public var count: Int { bounds[ranks] }

  public subscript(rank: Int) -> Range<Int> { bounds[rank]..<bounds[rank + 1] }

  /// Begins and counts of all parts, as C arrays.
  func withPlaces<R>(_ body: (UnsafePointer<Int64>, UnsafePointer<Int64>) -> R) -> R {
    let first = bounds.dropLast().map(Int64.init)
    let counts = (0..<ranks).map { Int64(self[$0].count) }
    return first.withUnsafeBufferPointer { first in
      counts.withUnsafeBufferPointer { counts in
        guard let first = first.baseAddress, let counts = counts.baseAddress else {
          preconditionFailure("slices of no rank")
        }
        return body(first, counts)
      }
    }
  }
}
