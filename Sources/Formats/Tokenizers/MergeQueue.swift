// The agenda of byte-pair encoding: the best merge first, and of equals the leftmost.
// SPDX-License-Identifier: Apache-2.0

/// A binary heap of merges that were possible when they were added.
struct MergeQueue {
  struct Merge {
    var score: Float
    /// The left symbol's number; the right one was its neighbour.
    var left: Int
    /// Bytes of both symbols together; a merge whose symbols have changed since is stale.
    var size: Int
    /// The piece that the merge makes.
    var id: Int32

    func precedes(_ other: Merge) -> Bool {
      score > other.score || (score == other.score && left < other.left)
    }
  }

  private var heap: [Merge] = []

  mutating func insert(_ merge: Merge) {
    heap.append(merge)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func popFirst() -> Merge? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return first }
    heap[0] = last
    var parent = 0
    while true {
      var best = parent
      let (left, right) = (parent * 2 + 1, parent * 2 + 2)
      if left < heap.count, heap[left].precedes(heap[best]) { best = left }
      if right < heap.count, heap[right].precedes(heap[best]) { best = right }
      if best == parent { return first }
      heap.swapAt(parent, best)
      parent = best
    }
  }
}
