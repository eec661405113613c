// The decoder over whole sequences without gradients: losses, and how many tokens it would have chosen.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Operations
import Tensors

extension LanguageModel {
  /// The hidden states before the final norm, bit for bit as from `forward(_:within:)` without dropout;
  /// only the activations of the current layer are held.
  ///
  /// Throws `AllocationError`, and `io/interrupted` between two layers.
  public func hidden(_ x: Tensor, within spans: [Range<Int>]) throws -> Tensor {
    let rows = try SequenceRows(spans, sources: nil, rotary, dropout: nil, operations)
    var x = x
    for (index, layer) in layers.enumerated() {
      try Interruption.check("evaluation")
      x = try layer.forward(x, layer: index, rows).result
    }
    return x
  }

  /// The cross-entropy of each target of hidden [rows, width] states before the final norm, in their
  /// order, and of how many the label has the largest logit; of equal ones the first is the largest,
  /// as in greedy generation.
  public func score(_ hidden: Tensor, _ targets: [Target]) throws(AllocationError)
    -> (losses: [Float], hits: Int)
  {
    var (losses, hits) = ([Float](), 0)
    for start in stride(from: 0, to: targets.count, by: Self.rowsPerHead) {
      let block = targets[start..<min(targets.count, start + Self.rowsPerHead)]
      let logits = try logits(operations.rows(block.map(\.row), of: hidden))
      let values = try operations.download(logits)
      for (row, target) in block.enumerated()
      where Self.isFirstLargest(Int(target.label), of: values.values(ofRow: row)) {
        hits += 1
      }
      losses += operations.crossEntropy(logits, labels: block.map(\.label), factor: 0)
    }
    return (losses, hits)
  }

  /// Never for logits that hold NaN.
  private static func isFirstLargest(_ label: Int, of logits: [Float]) -> Bool {
    let own = logits[label]
    return own == own && logits[..<label].allSatisfy { $0 < own }
      && logits[(label + 1)...].allSatisfy { $0 <= own }
  }
}
