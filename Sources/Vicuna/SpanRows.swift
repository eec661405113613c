// Where the rows of a batch stand in their sequences.
// SPDX-License-Identifier: Apache-2.0
import Computation

/// The rows that go through the layers together, a span of them for each sequence.
struct SpanRows {
  /// Of each row in its sequence.
  let positions: [Int32]
  let spans: [SequenceSpan]

  /// New rows at the end of each cache, which advances past them.
  init(advancing caches: [(cache: KeyValueCache, rows: Range<Int>)]) {
    var positions: [Int32] = []
    for (cache, rows) in caches {
      positions += (cache.length..<cache.length + rows.count).map(Int32.init)
      cache.advance(by: rows.count)
    }
    self.init(
      positions: positions, spans: caches.map { SequenceSpan(cache: $0.cache, rows: $0.rows) })
  }

  private init(positions: [Int32], spans: [SequenceSpan]) {
    self.positions = positions
    self.spans = spans
  }

  /// The last row of each span.
  var lastRows: [Int32] { spans.map { Int32($0.rows.upperBound - 1) } }

  /// Those rows by themselves, one after the other.
  var lastOfEachSpan: SpanRows {
    SpanRows(
      positions: lastRows.map { positions[Int($0)] },
      spans: spans.enumerated().map { SequenceSpan(cache: $1.cache, rows: $0..<$0 + 1) })
  }
}
