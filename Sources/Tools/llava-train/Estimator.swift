// Says what a run will take, and refuses what cannot fit.
// SPDX-License-Identifier: Apache-2.0
import CPU
import InputOutput
import ModelSupport
import ToolSupport
import Training
import TrainingRuns

/// The estimate of a run's memory and time.
struct Estimator<Command: TrainingCommand> {
  private let run: TrainingRun<Command>
  private let model: TrainedModel
  private let data: TrainingRecords
  private let heldOut: HeldOutRecords?

  init(
    _ run: TrainingRun<Command>, _ model: TrainedModel, _ data: TrainingRecords,
    _ heldOut: HeldOutRecords?
  ) {
    (self.run, self.model, self.data, self.heldOut) = (run, model, data, heldOut)
  }

  /// Prints the estimate. Throws `training/memory` (status 5) with what would fit where nothing does.
  func estimate(_ operations: CPUOperations) throws(Failure) -> RunEstimate {
    let available = run.command.run.memory?.count ?? availableMemory() ?? .max
    var size = size()
    size.evaluation = heldOut.map { records in
      let batch = min(run.settings.microBatch, records.count)
      var size = EvaluationSize(
        rows: batch * records.longest, allRows: records.positions, targets: records.targets,
        count: records.count)
      (size.images, size.allImages) = (batch * records.mostImages, records.images)
      return size
    }
    let estimate: RunEstimate
    switch run.command.run.recompute {
    case .layers(let count):
      estimate = self.estimate(size, recomputedLayers: count)
    case .auto:
      estimate =
        RunEstimate.fitting(
          model.start, model.plan, size, optimizer: run.settings.optimizerName, memory: available)
        ?? self.estimate(size, recomputedLayers: .max)
    }
    try report(estimate, seconds: try seconds(estimate, operations))
    guard estimate.memory <= available else { throw tooLarge(estimate, available) }
    return estimate
  }

  private func estimate(_ size: RunSize, recomputedLayers: Int) -> RunEstimate {
    RunEstimate(
      model.start, model.plan, size, optimizer: run.settings.optimizerName,
      recomputedLayers: recomputedLayers)
  }

  /// What a step and an evaluation take, from the speed of a few products.
  private func seconds(_ estimate: RunEstimate, _ operations: CPUOperations) throws(Failure)
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

  private func size() -> RunSize {
    let settings = run.settings
    let batch = settings.microBatch
    let perStep = Double(batch * settings.accumulation)
    guard case .files(let files, _) = data.kind else {
      let longest = assumedLength
      var size = RunSize(
        rows: batch * longest, rowsOfStep: perStep * Double(longest),
        targetsOfStep: perStep * Double(longest) / 4, accumulation: settings.accumulation)
      (size.images, size.imagesOfStep) = (batch, perStep)
      return size
    }
    let count = Double(files.sequences)
    let ofStep = min(perStep, count)
    var size = RunSize(
      rows: min(batch, files.sequences) * files.longest,
      rowsOfStep: ofStep * Double(files.positions) / count,
      targetsOfStep: ofStep * Double(files.targets) / count, accumulation: settings.accumulation)
    size.images = min(batch, files.sequences) * files.mostImages
    size.imagesOfStep = ofStep * Double(files.images) / count
    return size
  }

  /// Nothing is known of a pipe's records: they are taken for an image and a short text.
  private var assumedLength: Int {
    let images = (try? model.directory.visionCheckpoint().rowsPerImage) ?? 576
    return min(data.reader.limits.maxLength, images + 128)
  }

  private func report(_ estimate: RunEstimate, seconds: (step: Double, evaluation: Double))
    throws(Failure)
  {
    var memory = "memory: \(memorySize(estimate.weights)) weights"
    memory += ", \(memorySize(estimate.states)) moments and gradients"
    memory += ", \(memorySize(estimate.activations)) activations"
    memory += ", \(memorySize(estimate.workspace)) workspace"
    if heldOut != nil {
      memory += " (\(memorySize(estimate.evaluation)) instead of both to evaluate)"
    }
    memory += ": \(memorySize(estimate.memory)) in all"
    if estimate.recomputedLayers > 0 {
      memory += "; \(counted(estimate.recomputedLayers, "layer")) recomputed"
    }
    var lines = [memory]
    lines.append(time(ofStep: seconds.step, ofEvaluation: seconds.evaluation))
    guard run.command.run.dryRun else { return lines.forEach(run.session.reporter.note) }
    // What was asked for is no message.
    let output = FileSink.standardOutput
    try output.write(lines.map { $0 + "\n" }.joined())
    try output.finish()
  }

  /// Evaluations of the whole run; every so many steps, and at the end.
  private var evaluations: Int {
    guard heldOut != nil else { return 0 }
    let every = run.command.evaluation.evalEvery ?? data.totalSteps
    return (data.totalSteps - 1) / every + 1
  }

  private func time(ofStep seconds: Double, ofEvaluation: Double) -> String {
    var time = "time: about \(duration(seconds)) a step"
    if heldOut != nil { time += " and \(duration(ofEvaluation)) an evaluation" }
    if data.totalSteps < TrainingSettings.mostSteps {
      time += ", \(grouped(data.totalSteps)) \(data.totalSteps == 1 ? "step" : "steps")"
      if heldOut != nil { time += " and \(counted(evaluations, "evaluation"))" }
      let all = seconds * Double(data.totalSteps) + ofEvaluation * Double(evaluations)
      time += ": \(duration(all))"
    }
    guard case .files(let files, _) = data.kind else {
      return time + "; a pipe's records are taken to be \(assumedLength) positions long"
    }
    time += "; \(grouped(files.sequences)) record\(files.sequences == 1 ? "" : "s")"
    if files.truncated > 0 {
      time += ", \(grouped(files.truncated)) cut to \(data.reader.limits.maxLength) positions"
    }
    return time
  }

  private func tooLarge(_ estimate: RunEstimate, _ available: Int) -> Failure {
    var advice: [String] = []
    if run.settings.microBatch > 1 {
      advice.append("a smaller --micro-batch with more --accumulate")
    }
    if estimate.recomputedLanguageLayers < model.start.languageConfig.layers {
      advice.append("--recompute auto")
    }
    if model.plan.language == .full, !model.plan.trainsVision { advice.append("--lora 16") }
    advice.append("a smaller --max-length")
    return Failure(
      .limitExceeded, code: "training/memory",
      "the run takes about \(memorySize(estimate.memory)), expected at most"
        + " \(memorySize(available))", remedy: "use \(advice.joined(separator: ", or "))")
  }
}

/// Bytes as people read them: 18 KiB, 3.75 MiB, 113 GiB.
private func memorySize(_ bytes: Int) -> String {
  let (unit, scale) =
    switch bytes {
    case ..<(1 << 20): ("KiB", 0x1p10)
    case ..<(1 << 30): ("MiB", 0x1p20)
    default: ("GiB", 0x1p30)
    }
  let number = Double(bytes) / scale
  // From here on three digits would need an exponent.
  let text = number < 100 ? readable(number, digits: 3) : grouped(Int(number.rounded()))
  return "\(text) \(unit)"
}
