// Where the rows of a batch stand in their sequences.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

/// The rows that go through the layers together, with a span of rows for each sequence.
struct SpanRows {
  let spans: [SequenceSpan]
  /// The rotation of each row by its position in its sequence.
  let angles: RotaryAngles
  private let positions: [Int32]

  /// New rows at the end of each store, which advances past them: all rows of x, in order.
  init(advancing spans: [SequenceSpan], of x: Tensor, _ rotary: RotaryEmbedding)
    throws(AllocationError)
  {
    var positions: [Int32] = []
    for span in spans {
      let (store, rows) = (span.store, span.rows)
      precondition(rows.lowerBound == positions.count && !rows.isEmpty, "spans leave rows out")
      positions += (store.length..<store.length + rows.count).map(Int32.init)
      store.advance(by: rows.count)
    }
    precondition(positions.count == x.shape[0], "spans leave rows out")
    try self.init(spans, positions: positions, rotary)
  }

  private init(_ spans: [SequenceSpan], positions: [Int32], _ rotary: RotaryEmbedding)
    throws(AllocationError)
  {
    self.spans = spans
    self.positions = positions
    angles = try rotary.angles(at: positions)
  }

  /// The last row of each span.
  var lastRows: [Int32] { spans.map { Int32($0.rows.upperBound - 1) } }

  /// Whether every row is the last of its span.
  var areLast: Bool { positions.count == spans.count }

  /// The last rows by themselves, one after the other.
  func lastOfEachSpan(_ rotary: RotaryEmbedding) throws(AllocationError) -> SpanRows {
    try SpanRows(
      spans.enumerated().map { SequenceSpan(store: $1.store, rows: $0..<$0 + 1) },
      positions: lastRows.map { positions[Int($0)] }, rotary)
  }
}
