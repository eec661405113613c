// The lines that report the estimate of a run.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import ToolSupport
import Training
import TrainingRuns

extension Estimator {
  /// `available`: bytes that the run may take, `.max` where nobody knows.
  func report(
    _ estimate: RunEstimate, _ size: RunSize, available: Int,
    seconds: (step: Double, evaluation: Double)
  ) throws(Failure) {
    let lines = [
      memory(estimate, available),
      time(size, ofStep: seconds.step, ofEvaluation: seconds.evaluation),
    ]
    guard run.command.run.dryRun else { return lines.forEach(run.session.reporter.note) }
    // What was asked for is no message.
    let output = FileSink.standardOutput
    try output.write(lines.map { $0 + "\n" }.joined())
    try output.finish()
  }

  private func memory(_ estimate: RunEstimate, _ available: Int) -> String {
    var text = "memory: about \(memorySize(estimate.memory))"
    if available < .max { text += " of \(memorySize(available)) available" }
    text += ": \(memorySize(estimate.weights)) weights"
    text += ", \(memorySize(estimate.states)) moments and gradients"
    text += ", \(memorySize(estimate.activations)) activations"
    if heldOut != nil { text += " (to evaluate \(memorySize(estimate.evaluation)) instead)" }
    text += ", \(memorySize(estimate.process)) the program"
    if estimate.recomputedLayers > 0 {
      text += "; \(counted(estimate.recomputedLayers, "layer")) recomputed"
    }
    return text
  }

  /// Evaluations of the whole run; every so many steps, and at the end.
  var evaluations: Int {
    guard heldOut != nil else { return 0 }
    let every = run.command.evaluation.evalEvery ?? data.totalSteps
    return (data.totalSteps - 1) / every + 1
  }

  private func time(_ size: RunSize, ofStep seconds: Double, ofEvaluation: Double) -> String {
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
}
