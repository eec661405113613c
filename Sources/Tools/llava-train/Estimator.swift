// Estimates a run, and refuses one that cannot fit.
// SPDX-License-Identifier: Apache-2.0
import CPU
import InputOutput
import ModelSupport
import Ranks
import ToolSupport
import Training
import TrainingData
import TrainingRuns

/// The estimate of a run's memory and time.
struct Estimator<Command: TrainingCommand> {
  let run: TrainingRun<Command>
  let model: TrainedModel
  let data: TrainingRecords
  let heldOut: HeldOutRecords?
  let operations: CPUOperations
  /// What the program holds already, without the files that it maps.
  private let process: Int
  /// What it has not touched yet of its own code, and its heap's slack.
  private static var toCome: Int { 4 << 20 }

  init(
    _ run: TrainingRun<Command>, _ model: TrainedModel, _ data: TrainingRecords,
    _ heldOut: HeldOutRecords?, _ operations: CPUOperations
  ) {
    (self.run, self.model, self.data, self.heldOut) = (run, model, data, heldOut)
    self.operations = operations
    process = (residentMemory() ?? 24 << 20) + Self.toCome
  }

  /// Prints the estimate. Throws `training/memory` (status 5) with what would fit where nothing does.
  func estimate() throws(Failure) -> RunEstimate {
    // What is free is beside what the program holds.
    let available =
      run.command.run.memory?.count ?? availableMemory().map { $0 / ranksHere + process } ?? .max
    let size = try size(own)
    let estimate = try estimate(own, size, available)
    let seconds = try seconds(estimate)
    try report(estimate, size, available: available, seconds: seconds)
    guard estimate.memory <= available else { throw try tooLarge(estimate, available) }
    return estimate
  }

  /// Of the run, and those that share this machine's memory.
  var ranks: Int { Launcher.found()?.size ?? 1 }
  private var ranksHere: Int { Launcher.found()?.localSize ?? 1 }

  /// The run as it was asked for.
  var own: RunVariation {
    var layers: Int?
    if case .layers(let count) = run.command.run.recompute { layers = count }
    return RunVariation(
      plan: model.plan, optimizer: run.settings.optimizerName, microBatch: run.settings.microBatch,
      accumulation: run.settings.accumulation, maxLength: data.reader.limits.maxLength,
      recomputedLayers: layers)
  }

  /// What `variation` takes, with as few layers recomputed as fit where it does not say how many.
  func estimate(_ variation: RunVariation, _ size: RunSize, _ available: Int) throws(Failure)
    -> RunEstimate
  {
    func estimate(_ layers: Int) throws -> RunEstimate {
      var estimate = try RunEstimate(
        model.start, variation.plan, size, optimizer: variation.optimizer,
        recomputedLayers: layers, ranks: ranks, counting: operations.counting)
      estimate.process = process
      return estimate
    }
    return try catchingMemory {
      if let layers = variation.recomputedLayers { return try estimate(layers) }
      return try RunEstimate.fitting(
        model.start, variation.plan, memory: available, estimate: estimate) ?? estimate(.max)
    }
  }

  /// What a step and an evaluation take, from the speed of a few products.
  private func seconds(_ estimate: RunEstimate) throws(Failure)
    -> (step: Double, evaluation: Double)
  {
    try catchingMemory {
      let speed = try model.start.measuredSpeed(operations)
      var seconds = estimate.floatingPointOperations / speed
      if estimate.exactOperations > 0 {
        seconds += try estimate.exactOperations / model.start.measuredSpeed(operations.exact)
      }
      // Between the products, a step takes about as much again as this share.
      return (seconds * 1.15, estimate.operationsOfEvaluation / speed * 1.15)
    }
  }
}
