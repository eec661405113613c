// What attention leaves for its gradient.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// The output of attention, and the softmax of each row and head: enough to make the shares again.
public struct AttentionRecord: Sendable {
  /// [rows, heads * headWidth].
  public let output: Tensor
  /// [rows, heads, 2]: of the scores the largest, and the sum of their exponentials against it.
  public let softmaxes: Tensor
  public let headWidth: Int
  public let spans: [Range<Int>]
  /// Whether rows saw nothing after themselves.
  public let isCausal: Bool

  public init(
    output: Tensor, softmaxes: Tensor, headWidth: Int, spans: [Range<Int>], isCausal: Bool
  ) {
    (self.output, self.softmaxes) = (output, softmaxes)
    (self.headWidth, self.spans, self.isCausal) = (headWidth, spans, isCausal)
  }
}
