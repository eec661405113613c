// When a run evaluates, what it keeps for that, and when it has seen enough.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Training

extension TrainingLoop {
  /// Whether the step that is done is one to evaluate, and not evaluated yet.
  var isEvaluationDue: Bool {
    let (step, every) = (trainer.finishedSteps, options.evaluateEvery)
    return every > 0 && step > evaluations.step && step % every == 0
  }

  var isOutOfPatience: Bool {
    options.patience > 0 && evaluations.sinceBest >= options.patience
  }

  /// Evaluates the step that is done, once. Its line is written before the checkpoint that knows of
  /// it: a run that is stopped between them evaluates again.
  ///
  /// `isLast`: what follows is the result, so that the best step needs no checkpoint.
  func evaluateStep(_ catching: Catching, isLast: Bool = false) throws(Failure) {
    let step = trainer.finishedSteps
    guard let evaluate, step > evaluations.step else { return }
    var found = Evaluation()
    try catching { found = try evaluate() }
    var history = evaluations
    let isBest = history.add(step: step, loss: found.loss)
    try reportEvaluation(EvaluationReport(step: step, evaluation: found, history: history))
    evaluations = history
    if savedStep == step {
      if trainer.ranks.isFirst { try directory.record(history, in: step) }
    } else if isBest, options.keepsBest, !isLast {
      try saveIfNew()
    }
  }

  /// Keeps the latest checkpoints, the best one, and those that were the best when the latest were
  /// saved: without the last of these, its user goes on from the one before.
  func removeOldCheckpoints() throws(Failure) {
    guard trainer.ranks.isFirst else { return }
    var best = Set([evaluations.best?.step].compactMap(\.self))
    if options.keepsBest {
      for step in try directory.steps().suffix(max(1, options.keep)) {
        let path = directory.checkpointPath(step)
        let manifest = try ifUsable { () throws(Failure) in try Manifest(in: path) }
        if let step = manifest?.evaluations?.best?.step { best.insert(step) }
      }
    } else {
      best = []
    }
    try directory.keepLatest(options.keep, and: best)
  }
}
