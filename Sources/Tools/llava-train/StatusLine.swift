// The status line of a run.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import ToolSupport
import Training
import TrainingRuns

/// Makes the text of the status line: step, loss, held-out loss, rate, speed and the time that is left.
struct StatusLine {
  private let totalSteps: Int
  private var remaining: RemainingTime
  private var tokens = 0
  /// Spent on steps, and when the last of what is timed ended.
  private var training = Duration.zero
  private var last: ContinuousClock.Instant
  private var heldOut = ""

  init(_ course: RemainingTime.Course, finishedSteps: Int) {
    totalSteps = course.totalSteps
    remaining = RemainingTime(course, finishedSteps: finishedSteps)
    last = ContinuousClock.now
  }

  /// Takes note of a checkpoint.
  mutating func saved(took time: Duration) {
    remaining.addSave(seconds: time / .seconds(1))
    last = ContinuousClock.now
  }

  /// Takes an evaluation, which took a while, and returns what is said of it.
  mutating func text(_ report: EvaluationReport, took time: Duration) -> String {
    remaining.addEvaluation(seconds: time / .seconds(1))
    last = ContinuousClock.now
    let loss = report.evaluation.loss ?? .nan
    heldOut = "  held-out \(readable(loss))"
    if let best = report.history.best, best.step != report.step {
      heldOut += " (best \(readable(best.loss)) at \(grouped(best.step)))"
    }
    return "step \(grouped(report.step))\(heldOut)"
      + "  accuracy \(percentage(report.evaluation.accuracy))"
  }

  mutating func text(_ report: StepReport) -> String {
    tokens += report.tokens
    let now = ContinuousClock.now
    training += now - last
    remaining.addStep(
      rows: report.tokens, seconds: (now - last) / .seconds(1),
      fixed: report.updateTime / .seconds(1))
    last = now
    // The number of steps that the records of a pipe make is unknown.
    let isEndKnown = totalSteps < TrainingSettings.mostSteps
    var text = "step \(grouped(report.step))"
    if isEndKnown { text += "/\(grouped(totalSteps))" }
    text += "  loss \(readable(report.loss))\(heldOut)  lr \(readable(report.rate, digits: 3))"
    text += "  \(grouped(Int(Double(tokens) / max(1e-6, training / .seconds(1))))) tokens/s"
    guard isEndKnown, let left = remaining.left else { return text }
    return text + "  ETA \(duration(left))"
  }
}

/// A share for people to read: 45.2%.
func percentage(_ share: Double) -> String { "\(readable(100 * share, digits: 3))%" }

/// Seconds for people to read: 0.25 s, 45 s, 12 min, 3 h 20 min, 5 days.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e12 else { return "for ever" }
  if seconds < 0.01 { return seconds > 0 ? "0.01 s" : "0 s" }
  if seconds < 9.5 { return "\(readable(seconds, digits: 2)) s" }
  let whole = Int(seconds.rounded())
  if whole < 120 { return "\(whole) s" }
  let minutes = (whole + 30) / 60
  if minutes < 120 { return "\(minutes) min" }
  let hours = minutes / 60
  if hours < 72 { return "\(hours) h \(minutes % 60) min" }
  return "\(grouped((hours + 12) / 24)) days"
}
