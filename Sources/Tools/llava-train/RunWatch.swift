// The reports of a run: log, status line, and a summary at its end.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Ranks
import ToolSupport
import Training
import TrainingRuns

/// Sees steps and evaluations, and tells of them.
final class RunWatch {
  private let session: Session
  private let log: TrainingLog?
  private let events: TrainingEvents?
  private var status: StatusLine
  private var lastStep: StepReport?
  private var lastEvaluation: EvaluationReport?
  private var tookEvaluation = Duration.zero

  /// Opens the log where one is asked for, to go on where the run does.
  init<Command: TrainingCommand>(_ prepared: PreparedRun<Command>) throws(Failure) {
    session = prepared.session
    let finished = prepared.trainer.finishedSteps
    let evaluated = prepared.evaluations.step
    let isWriter = prepared.run.ranks.isFirst
    let (logPath, eventsPath) = (prepared.run.command.run.log, prepared.run.command.run.tensorboard)
    log = try (isWriter ? logPath : nil).map { (path) throws(Failure) in
      try TrainingLog(path, after: finished, evaluated: evaluated)
    }
    events = try (isWriter ? eventsPath : nil).map { (path) throws(Failure) in
      try TrainingEvents(path, after: finished)
    }
    status = StatusLine(try prepared.course(after: finished), finishedSteps: finished)
  }

  func see(_ report: StepReport) throws(Failure) {
    try log?.add(report)
    try events?.add(report)
    lastStep = report
    show(status.text(report))
  }

  func see(_ report: EvaluationReport) throws(Failure) {
    try log?.add(report)
    try events?.add(report)
    lastEvaluation = report
    if let bad = report.evaluation.firstBad {
      session.reporter.warning(
        "step \(report.step): the held-out loss is not finite: record id=\(escapedForTerminal(bad))"
      )
    }
    show(status.text(report, took: tookEvaluation))
  }

  func sawSave(took time: Duration) {
    status.saved(took: time)
    session.times.add(time / .seconds(1), to: "checkpoints")
  }

  private func show(_ text: String) {
    if session.settings.isVerbose { session.reporter.note(text) }
    session.reporter.showStatus { text }
  }

  func evaluate(
    _ records: HeldOutRecords, _ model: TrainingModel, microBatch: Int, _ ranks: RankGroup
  ) throws -> Evaluation {
    let start = ContinuousClock.now
    defer {
      tookEvaluation = ContinuousClock.now - start
      session.times.add(tookEvaluation / .seconds(1), to: "evaluations")
    }
    return try records.evaluate(model, microBatch: microBatch, ranks: ranks) { done in
      session.reporter.showStatus {
        "evaluating \(grouped(done))/\(grouped(records.count)) records"
      }
    }
  }

  /// `isOfBest`: whether the result is of the best step.
  func summary(_ loop: TrainingLoop, _ end: LoopEnd, isOfBest: Bool) -> String {
    var text = counted(loop.finishedSteps, "step")
    if end == .outOfPatience {
      let count = counted(loop.evaluations.sinceBest, "evaluation")
      text += ", stopped after \(count) without a lower loss"
    }
    if let lastStep { text += ", last loss \(readable(lastStep.loss))" }
    if let evaluation = lastEvaluation?.evaluation {
      text += ", held-out loss \(readable(evaluation.loss ?? .nan))"
      text += ", accuracy \(percentage(evaluation.accuracy))"
    }
    if isOfBest, let best = loop.evaluations.best {
      text += "; best: step \(grouped(best.step)), held-out loss \(readable(best.loss))"
    }
    return text
  }
}
