// How parameters are changed: by what, at which rates, and the norms of loss and gradient.
// SPDX-License-Identifier: Apache-2.0

/// The normalisation of a step's loss.
public enum LossNorm: String, CaseIterable, Sendable {
  /// The mean of the micro-batches' means over their tokens that carry loss (LLaVA's own).
  case micro
  /// The mean over all tokens of the step that carry loss, whatever micro-batch they are in.
  case token
}

/// The settings of AdamW (Loshchilov and Hutter, arXiv 1711.05101) and of Muon.
public struct OptimizerOptions: Equatable, Sendable {
  public var optimizer = Optimizer.adamw
  public var rate: Double
  /// The projector's learning rate, for either optimiser.
  public var projectorRate: Double?
  /// The vision tower's learning rate, for either optimiser.
  public var visionRate: Double?
  /// The learning rate of Muon, in parts without their own.
  public var muonRate: Double?
  public var muonMomentum = 0.95
  public var muonAdjustment = MuonAdjustment.matchAdamW
  public var weightDecay = 0.0
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  /// The norm that a step's gradients are clipped to; 0: no clipping.
  public var clip = 1.0
  public var lossNorm = LossNorm.token
  public var schedule: Schedule

  public init(rate: Double, schedule: Schedule) {
    (self.rate, self.schedule) = (rate, schedule)
  }

  /// The learning rate of the parameter `name`, which `method` updates, before schedule and adjustment.
  func rate(of name: String, method: Optimizer = .adamw) -> Double {
    if let projectorRate, name.hasPrefix("projector.") { return projectorRate }
    if let visionRate, name.hasPrefix("vision.") { return visionRate }
    return method == .muon ? muonRate ?? rate : rate
  }

  /// Weight decay excludes biases and the gains of norms (reference: transformers' get_decay_parameter_names).
  func decay(of name: String) -> Double {
    let isNorm = ["norm.", "norm1.", "norm2."].contains { name.contains($0) }
    return isNorm || name.hasSuffix(".bias") ? 0 : weightDecay
  }
}
