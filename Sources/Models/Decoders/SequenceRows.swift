// The rows of whole sequences that go through the layers together, and who attends to whom.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

/// Sequences, which are whole in attention; the rows of a shared prefix exist only once elsewhere.
struct SequenceRows {
  /// The rows of attention of each sequence.
  let spans: [Range<Int>]
  /// The rotation of each row by its position in its sequence, and the inverse rotation.
  let angles, reversedAngles: RotaryAngles
  let dropout: AdapterDropout?
  private let sharing: Sharing?

  private struct Sharing {
    /// The row for each row of attention.
    let sources: [Int32]
    /// The first row of attention for each row.
    let owners: [Int32]
  }

  init(
    _ spans: [Range<Int>], sources: [Int32]?, _ rotary: RotaryEmbedding, dropout: AdapterDropout?,
    _ operations: any Operations
  ) throws(AllocationError) {
    self.spans = spans
    self.dropout = dropout
    var positions = spans.flatMap { (0..<Int32($0.count)) }
    sharing = sources.map { Sharing(sources: $0, owners: Self.owners($0)) }
    if let sharing { positions = sharing.owners.map { positions[Int($0)] } }
    angles = try operations.angles(of: rotary, at: positions)
    reversedAngles = try operations.angles(of: rotary, at: positions.map { -$0 })
  }

  private static func owners(_ sources: [Int32]) -> [Int32] {
    var owners: [Int32] = []
    // Rows are numbered in the order in which they first appear.
    for (row, source) in sources.enumerated() where Int(source) == owners.count {
      owners.append(Int32(row))
    }
    return owners
  }

  /// The masks of linear layers `modules` of layer `layer`.
  func masks(layer: Int, _ modules: Range<Int>) -> [DropoutMask]? {
    dropout.map { dropout in modules.map { dropout.mask(layer: layer, module: $0) } }
  }

  /// Causal attention within each sequence. The output of shared rows is the same in all sequences, and
  /// exists once; the softmaxes are those of the rows of attention.
  func attend(
    _ query: Tensor, keys: Tensor, values: Tensor, headWidth: Int, _ operations: any Operations
  ) throws(AllocationError) -> AttentionRecord {
    guard let sharing else {
      return try operations.attendCausally(
        query, keys: keys, values: values, headWidth: headWidth, within: spans)
    }
    let record = try operations.attendCausally(
      operations.rows(sharing.sources, of: query), keys: operations.rows(sharing.sources, of: keys),
      values: operations.rows(sharing.sources, of: values), headWidth: headWidth, within: spans)
    return record.with(output: try operations.rows(sharing.owners, of: record.output))
  }

  /// The gradients of queries, keys and values; for a shared row the sum over its sequences.
  func attentionGradient(
    _ dy: Tensor, of record: AttentionRecord, query: Tensor, keys: Tensor, values: Tensor,
    _ operations: any Operations
  ) throws(AllocationError) -> (query: Tensor, keys: Tensor, values: Tensor) {
    guard let sharing else {
      return try operations.attentionGradient(
        dy, of: record, query: query, keys: keys, values: values)
    }
    let sources = sharing.sources
    func summed(_ x: Tensor) throws(AllocationError) -> Tensor {
      let sum = try operations.zeros([sharing.owners.count, x.shape[1]])
      operations.addRows(x, to: sum, at: sources)
      return sum
    }
    // Only the first sequence passes on the gradient of a row's output: the row went on only once.
    let spread = try operations.zeros([sources.count, dy.shape[1]])
    operations.addRows(dy, to: spread, at: sharing.owners)
    let gradients = try operations.attentionGradient(
      spread, of: record.with(output: operations.rows(sources, of: record.output)),
      query: operations.rows(sources, of: query), keys: operations.rows(sources, of: keys),
      values: operations.rows(sources, of: values))
    return (
      try summed(gradients.query), try summed(gradients.keys), try summed(gradients.values)
    )
  }
}

extension AttentionRecord {
  fileprivate func with(output: Tensor) -> AttentionRecord {
    AttentionRecord(
      output: output, softmaxes: softmaxes, headWidth: headWidth, spans: spans, isCausal: isCausal)
  }
}
