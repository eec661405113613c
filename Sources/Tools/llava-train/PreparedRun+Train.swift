// The training itself: the loop with its log, status and evaluations, and the result.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import ModelSupport
import Tensors
import ToolSupport
import Training
import TrainingRuns

extension PreparedRun {
  func train() throws(Failure) {
    if run.command.run.resume, let result = try directory.result(),
      result.isFinished(totalSteps: data.totalSteps)
    {
      return session.reporter.note(
        "the run is finished: \(directory.path) holds the result of \(counted(result.steps, "step"))"
      )
    }
    let loop = TrainingLoop(
      trainer, source: try source(), directory: directory, options: loopOptions, run: description,
      place: place, evaluations: evaluations)
    let (session, output, trainer, description) = (session, output, trainer, resultDescription)
    let reader = data.reader
    loop.addOutputs = { [unowned loop] (directory) throws(Failure) in
      try output.writeSmall(
        trainer.masters, place: loop.place, run: description, step: trainer.finishedSteps,
        templates: reader.templates, into: directory)
    }
    loop.note = { session.reporter.note($0) }
    loop.warn = { session.reporter.warning($0) }
    let ranks = run.ranks
    loop.look = try gradientsWriter()
    let watch = try RunWatch(self)
    loop.report = { (report) throws(Failure) in try watch.see(report) }
    loop.reportSave = { watch.sawSave(took: $0) }
    if let heldOut {
      let microBatch = run.settings.microBatch
      loop.evaluate = { try watch.evaluate(heldOut, trainer.model, microBatch: microBatch, ranks) }
      loop.reportEvaluation = { (report) throws(Failure) in try watch.see(report) }
    }
    tellOfRanks()
    session.times.endStart()
    TensorStorage.keepNoIdleBlocks()
    let end = try session.times.measure("steps") { () throws(Failure) in
      try loop.run { (body) throws(Failure) in try catchingMemory(body) }
    }
    try finish(loop, watch, end)
  }

  /// Reports which results equal those of one rank.
  private func tellOfRanks() {
    guard run.ranks.size > 1 else { return }
    let share = StepShare(microBatches: run.settings.accumulation, ranks: run.ranks.size)
    let promise =
      share.isExact
      ? "the same bytes as with one rank"
      : "the same bytes for this number of ranks (for those of one rank, each needs 1, 2, 4, 8, ..."
        + " of a step's micro-batches)"
    session.reporter.note(
      "\(counted(run.ranks.size, "rank")), \(run.settings.accumulation) micro-batches"
        + " a step: \(promise)")
  }

  /// What is to come after `finishedSteps` steps, for the time that is left.
  func course(after finishedSteps: Int) throws(Failure) -> RemainingTime.Course {
    var course = RemainingTime.Course(totalSteps: data.totalSteps, rowsLeft: nil)
    if case .files(let files, let order) = data.kind {
      let cut = RunCourse.Cut(
        microBatch: run.settings.microBatch, accumulation: run.settings.accumulation,
        sharesRows: run.command.data.shareImages)
      course.rowsLeft = try RunCourse(
        files, order, cut, totalSteps: data.totalSteps, after: finishedSteps
      ).rows
    }
    course.saveEvery = run.settings.saveEvery
    if heldOut != nil { course.evaluateEvery = run.command.evaluation.evalEvery ?? 0 }
    let work = estimate.floatingPointOperations + estimate.exactOperations
    course.stepsPerEvaluation = estimate.operationsOfEvaluation / max(1, work)
    // A guess, until the first one was timed: a disk's speed, and that of a checksum.
    course.secondsPerSave = Double(estimate.stateBytes) / 400e6
    return course
  }

  private var loopOptions: LoopOptions {
    var options = LoopOptions(totalSteps: data.totalSteps)
    options.microBatch = run.settings.microBatch
    options.accumulation = run.settings.accumulation
    options.sharesRows = run.command.data.shareImages
    options.saveEvery = run.settings.saveEvery
    options.keep = run.settings.keep
    let evaluation = run.command.evaluation
    options.evaluateEvery = evaluation.evalEvery ?? 0
    options.keepsBest = evaluation.keepBest
    options.patience = evaluation.patience ?? 0
    return options
  }

  /// Writes the result; the state is saved where that fails.
  private func finish(_ loop: TrainingLoop, _ watch: RunWatch, _ end: LoopEnd) throws(Failure) {
    if end == .endOfData, data.totalSteps < TrainingSettings.mostSteps {
      session.reporter.warning(
        "the input ended after step \(trainer.finishedSteps) of \(data.totalSteps)")
    }
    try trainer.checkParameters()
    let best = bestStep(loop)
    // What steps passed on from hand to hand makes room for what is written.
    TensorStorage.releaseKeptBlocks()
    do throws(Failure) {
      if run.ranks.isFirst { try publish(loop, best, end) }
      _ = try run.ranks.exchange([:], at: "the result")
    } catch {
      let failure = run.ranks.announce(error)
      try run.ranks.afterFailure(failure) { () throws(Failure) in try loop.saveIfNew() }
      throw failure
    }
    session.endProgress()
    var text = watch.summary(loop, end, isOfBest: run.command.evaluation.keepBest)
    // A pipe may have no end: whether it goes on is not looked at.
    if end == .complete, case .pipe = data.kind {
      let option = run.command.run.steps == nil ? "--total-steps" : "--steps"
      text += "; ended at \(option), after record \(grouped(loop.place.position)) of the pipe:"
      text += " any further ones are unread"
    }
    session.reporter.note("\(text); wrote \(directory.path)")
    session.reporter.note("next: \(output.nextCommand(directory.path))")
  }

  /// Writes the weights of the step `best`, those of the last one where it is nil.
  private func publish(_ loop: TrainingLoop, _ best: Int?, _ end: LoopEnd) throws(Failure) {
    var (place, masters) = (loop.place, trainer.masters)
    if let best {
      (place, masters) = try TrainingCheckpoint.weights(
        directory.checkpointPath(best), run: description, shapes: model.start.shapes(model.plan))
    }
    try output.publish(
      masters, place: place, run: resultDescription, step: best ?? trainer.finishedSteps,
      templates: data.reader.templates, evaluation: decision(loop, end), into: directory)
  }

  /// The earlier step whose weights are the result; nil where these are the last ones.
  private func bestStep(_ loop: TrainingLoop) -> Int? {
    guard run.command.evaluation.keepBest else { return nil }
    guard let best = loop.evaluations.best else {
      session.reporter.warning(
        "no held-out loss was a number: the result is of the last step, not of the best")
      return nil
    }
    return best.step == trainer.finishedSteps ? nil : best.step
  }

  /// What evaluations decided, for the result's record; nil where they do not decide.
  private func decision(_ loop: TrainingLoop, _ end: LoopEnd) -> JSONObject? {
    guard run.command.evaluation.decides else { return nil }
    var decision: JSONObject = [
      "run_steps": .int(trainer.finishedSteps), "stopped_early": .bool(end == .outOfPatience),
    ]
    if let best = loop.evaluations.best {
      decision["best_step"] = .int(best.step)
      decision["best_loss"] = .double(best.loss)
    }
    return decision
  }
}
