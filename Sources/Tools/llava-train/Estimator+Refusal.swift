// The refusal of a run that does not fit, with settings that do.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import ModelSupport
import ToolSupport
import Training
import TrainingRuns

extension Estimator {
  /// The refusal of a run that takes `estimate`, with settings that would fit.
  func tooLarge(_ estimate: RunEstimate, _ available: Int) throws(Failure) -> Failure {
    let settings = FittingSettings(
      available: available, shortest: shortestCut, hasFreeRank: model.start.adapter == nil
    ) { variation in
      try self.estimate(variation, self.size(variation), available).memory
    }
    var remedy = ""
    var own = own
    own.maxLength = min(own.maxLength, longest)
    try catchingMemory {
      let found = try settings.proposals(for: own)
      if found.isEmpty {
        let least = try settings.least(for: own)
        remedy =
          "the least that fewer records at once, shorter ones and smaller adapters come to"
          + " is \(memorySize(least.memory)), with \(options(of: least.run, for: own))"
      } else {
        let choices = found.map { "\(options(of: $0.run, for: own)) (\(memorySize($0.memory)))" }
        remedy = "use \(choices.joined(separator: ", or "))"
      }
    }
    return Failure(
      .limitExceeded, code: "training/memory",
      "the run takes about \(memorySize(estimate.memory)), expected at most"
        + " \(memorySize(available))", remedy: remedy)
  }

  /// Positions of the longest record.
  private var longest: Int {
    let held = heldOut?.longest ?? 0
    guard case .files(let files, _) = data.kind else { return max(held, assumedLength) }
    return max(held, files.longest)
  }

  /// The shortest truncation that leaves every record half of its tokens that carry loss.
  private var shortestCut: Int {
    guard case .files(let files, _) = data.kind else { return assumedLength }
    return min(files.shortestCut, longest)
  }

  /// `variation` as options, those that differ from `run`'s.
  private func options(of variation: RunVariation, for run: RunVariation) -> String {
    var options: [String] = []
    if variation.microBatch != run.microBatch {
      options += [
        "--micro-batch \(variation.microBatch)", "--accumulate \(variation.accumulation)",
      ]
    }
    if variation.maxLength != run.maxLength {
      options.append("--max-length \(variation.maxLength)")
    }
    if variation.plan != run.plan, let scale = variation.plan.adapterScale {
      options.append("--lora \(scale.rank)")
    }
    if variation.optimizer != run.optimizer {
      options.append("--optimizer \(variation.optimizer.rawValue)")
    }
    if run.recomputedLayers != nil { options.append("--recompute auto") }
    return options.isEmpty ? "these options" : options.joined(separator: " ")
  }
}
