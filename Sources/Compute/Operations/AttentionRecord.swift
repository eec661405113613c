// What attention stores for its gradient.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// The output of attention, and the softmax of each row and head: enough to recompute the probabilities.
public struct AttentionRecord: Sendable {
  /// [rows, heads * headWidth].
  public let output: Tensor
  /// [rows, heads, 2]: the largest score, and the sum of exp(score - largest).
  public let softmaxes: Tensor
  public let headWidth: Int
  public let spans: [Range<Int>]
  /// Whether rows attended only to themselves and the rows before.
  public let isCausal: Bool

  public init(
    output: Tensor, softmaxes: Tensor, headWidth: Int, spans: [Range<Int>], isCausal: Bool
  ) {
    (self.output, self.softmaxes) = (output, softmaxes)
    (self.headWidth, self.spans, self.isCausal) = (headWidth, spans, isCausal)
  }
}
