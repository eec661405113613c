// The optimiser's options; an absent one is the recipe's, or a default.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Training

struct OptimizerArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Optimiser: adamw, or muon for the matrices inside layers and adamw for the rest.",
      valueName: "name"))
  var optimizer = Optimizer.adamw

  @Option(
    help: ArgumentHelp(
      "Learning rate; default: 1e-3 for a projector alone, 2e-4 for an adapter, else 2e-5.",
      valueName: "rate"))
  var lr: Double?

  @Option(help: ArgumentHelp("Learning rate of the projector; default: --lr.", valueName: "rate"))
  var projectorLr: Double?

  @Option(
    help: ArgumentHelp(
      "Weight decay, except of biases and norms; default: 0.", valueName: "number"))
  var weightDecay: Double?

  @Option(help: ArgumentHelp("AdamW's betas; default: 0.9,0.999.", valueName: "b1,b2"))
  var betas: Betas?

  @Option(help: ArgumentHelp("AdamW's epsilon; default: 1e-8.", valueName: "number"))
  var eps: Double?

  @Option(
    help: ArgumentHelp(
      "Learning rate of Muon, except for parts with their own; default: --lr.", valueName: "rate"))
  var muonLr: Double?

  @Option(help: ArgumentHelp("Muon's momentum; default: 0.95.", valueName: "share"))
  var muonMomentum: Double?

  @Option(
    help: ArgumentHelp(
      "How Muon scales the rate by a matrix's shape: original or match_rms_adamw;"
        + " default: match_rms_adamw.", valueName: "rule"))
  var muonAdjust: MuonAdjustment?

  @Option(
    help: ArgumentHelp(
      "Learning rate schedule: cosine, linear or constant; default: cosine.", valueName: "shape"))
  var schedule: Schedule.Shape?

  @Option(
    help: ArgumentHelp(
      "Warm-up, as a share of the steps; default: 0.03.", valueName: "share"))
  var warmupRatio: Double?

  @Option(help: ArgumentHelp("Warm-up, in steps.", valueName: "count"))
  var warmupSteps: Int?

  @Option(
    help: ArgumentHelp(
      "Clip gradients to this norm; 0 for no clipping; default: 1.", valueName: "norm"))
  var clip: Double?

  @Option(
    help: ArgumentHelp(
      "Mean over the tokens of a step, or of each micro-batch's mean: token or micro; default: token.",
      valueName: "norm"))
  var lossNorm: LossNorm?

  func validate() throws {
    for (name, value) in [
      ("lr", lr), ("projector-lr", projectorLr), ("muon-lr", muonLr), ("eps", eps),
    ] {
      if let value, !(value > 0 && value.isFinite) {
        throw ValidationError("--\(name) must be a number above 0, found \(value)")
      }
    }
    for (name, value) in [("weight-decay", weightDecay), ("clip", clip)] {
      if let value, !(value >= 0 && value.isFinite) {
        throw ValidationError("--\(name) must be a number, 0 or more, found \(value)")
      }
    }
    if let muonMomentum, !(0..<1).contains(muonMomentum) {
      throw ValidationError("--muon-momentum must be 0 to below 1, found \(muonMomentum)")
    }
    if optimizer != .muon, muonLr != nil || muonMomentum != nil || muonAdjust != nil {
      throw ValidationError("--muon-lr, --muon-momentum and --muon-adjust need --optimizer muon")
    }
    if let warmupRatio, !(0...1).contains(warmupRatio) {
      throw ValidationError("--warmup-ratio must be 0 to 1, found \(warmupRatio)")
    }
    if let warmupSteps, !(0...TrainingSettings.mostSteps).contains(warmupSteps) {
      throw ValidationError("--warmup-steps must be 0 or more, found \(warmupSteps)")
    }
    if warmupRatio != nil, warmupSteps != nil {
      throw ValidationError("--warmup-ratio and --warmup-steps exclude each other")
    }
  }
}

/// AdamW's two betas, `0.9,0.999`.
struct Betas: ExpressibleByArgument {
  let first, second: Double

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0)
    }
    guard parts.count == 2, let first = parts[0], let second = parts[1],
      (0..<1).contains(first), (0..<1).contains(second)
    else { return nil }
    (self.first, self.second) = (first, second)
  }
}

extension Optimizer: ExpressibleByArgument {}
extension MuonAdjustment: ExpressibleByArgument {}
extension Schedule.Shape: ExpressibleByArgument {}
extension LossNorm: ExpressibleByArgument {}
