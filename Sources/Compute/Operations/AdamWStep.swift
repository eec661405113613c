// One step of AdamW, as scalars.
// SPDX-License-Identifier: Apache-2.0

/// The parameters of one step of AdamW (Loshchilov and Hutter, arXiv 1711.05101).
///
/// With g the gradient times `gradientFactor`: p *= 1 - rate decay; m += (1 - beta1)(g - m);
/// v = beta2 v + (1 - beta2) g g; p -= rate / (1 - beta1^step) m / (sqrt(v / (1 - beta2^step)) + eps).
public struct AdamWStep: Sendable, Equatable {
  public var rate: Double
  /// Weight decay, decoupled from the moments.
  public var decay: Double
  public var beta1: Double
  public var beta2: Double
  public var eps: Double
  /// The number of this step; the first is 1.
  public var step: Int
  /// For normalisation and clipping.
  public var gradientFactor: Float

  public init(
    rate: Double, decay: Double = 0, beta1: Double = 0.9, beta2: Double = 0.999,
    eps: Double = 1e-8, step: Int, gradientFactor: Float = 1
  ) {
    (self.rate, self.decay, self.eps) = (rate, decay, eps)
    (self.beta1, self.beta2, self.step) = (beta1, beta2, step)
    self.gradientFactor = gradientFactor
  }
}
