// How parameters are changed: by what, at which rates, and the norms of loss and gradient.
// SPDX-License-Identifier: Apache-2.0

/// What a step's loss is divided by.
public enum LossNorm: String, CaseIterable, Sendable {
  /// The mean over the micro-batches of each one's mean over its learned tokens (LLaVA's own).
  case micro
  /// The mean over all learned tokens of the step, whatever micro-batch they are in.
  case token
}

/// The choices of AdamW (Loshchilov and Hutter, arXiv 1711.05101) and of Muon.
public struct OptimizerOptions: Equatable, Sendable {
  public var optimizer = Optimizer.adamw
  public var rate: Double
  /// The projector's own rate, whatever changes it.
  public var projectorRate: Double?
  /// The vision tower's own rate, whatever changes it.
  public var visionRate: Double?
  /// The rate of what Muon changes in parts that have no rate of their own.
  public var muonRate: Double?
  public var muonMomentum = 0.95
  public var muonAdjustment = MuonAdjustment.matchAdamW
  public var weightDecay = 0.0
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  /// The largest norm that a step's gradients together keep; 0: any.
  public var clip = 1.0
  public var lossNorm = LossNorm.token
  public var schedule: Schedule

  public init(rate: Double, schedule: Schedule) {
    (self.rate, self.schedule) = (rate, schedule)
  }

  /// The rate of the parameter `name`, which `method` changes, before schedule and adjustment.
  func rate(of name: String, method: Optimizer = .adamw) -> Double {
    if let projectorRate, name.hasPrefix("projector.") { return projectorRate }
    if let visionRate, name.hasPrefix("vision.") { return visionRate }
    return method == .muon ? muonRate ?? rate : rate
  }

  /// Biases and the gains of norms do not decay (reference: transformers' get_decay_parameter_names).
  func decay(of name: String) -> Double {
    let isNorm = ["norm.", "norm1.", "norm2."].contains { name.contains($0) }
    return isNorm || name.hasSuffix(".bias") ? 0 : weightDecay
  }
}
