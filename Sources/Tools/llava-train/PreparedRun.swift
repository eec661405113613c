// A run whose input and model are checked: begins or resumes it, trains, writes the result.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import Decoders
import InputOutput
import JSON
import ModelSupport
import Operations
import Streams
import Tensors
import ToolSupport
import Training
import TrainingData
import TrainingRuns

/// Trains and writes the result.
struct PreparedRun<Command: TrainingCommand> {
  let run: TrainingRun<Command>
  let model: TrainedModel
  let data: TrainingRecords
  let heldOut: HeldOutRecords?
  let directory: RunDirectory
  let trainer: Trainer
  /// Of the run, and of its result: evaluations that change nothing of this are not in it.
  let description, resultDescription: JSONObject
  let place: DataPlace
  let evaluations: EvaluationHistory
  let output: RunOutput
  let operations: CPUOperations
  let estimate: RunEstimate

  var session: Session { run.session }

  init(
    _ run: TrainingRun<Command>, _ model: TrainedModel, _ data: TrainingRecords,
    _ heldOut: HeldOutRecords?, _ estimate: RunEstimate, _ output: RunOutput,
    _ directory: RunDirectory, _ operations: CPUOperations
  ) throws(Failure) {
    (self.run, self.model, self.data, self.directory) = (run, model, data, directory)
    (self.operations, self.output, self.heldOut) = (operations, output, heldOut)
    self.estimate = estimate
    var options = run.settings.optimizerOptions(
      totalSteps: data.totalSteps, defaultRate: Self.defaultRate(model.plan))
    options.visionRate = run.requested.visionRate
    let plain = RunDescription.make(run, model, data, options)
    var whole = plain
    if let heldOut {
      whole["evaluation"] = .object(run.command.evaluation.description(heldOut))
    }
    (description, resultDescription) = (whole, run.command.evaluation.decides ? whole : plain)
    if run.command.run.resume, let result = try directory.result() {
      try RunDescription.check(result.run, is: resultDescription, at: directory.path)
    }
    let state = try Self.state(run, model, directory, whole, options.optimizer)
    try run.ranks.compare(
      whole, finishedSteps: state?.step ?? 0, kernels: operations.kernelSetName,
      warn: { run.session.reporter.warning($0) })
    place = state?.place ?? DataPlace()
    evaluations = state?.evaluations ?? EvaluationHistory()
    let (requested, settings) = (run.requested, run.settings)
    trainer = try catchingMemory {
      let masters =
        try state?.masters
        ?? model.start.masters(
          model.plan, seed: settings.seed, adapterDeviation: requested.adapterDeviation,
          operations: operations)
      var trained = try TrainingModel(
        model.start, model.plan, masters: masters, operations: operations)
      trained.kept = KeptActivations(
        recomputedLayers: estimate.recomputedLanguageLayers)
      trained.recomputedVisionLayers = estimate.recomputedVisionLayers
      trained.dropout = model.dropout
      trained.seed = settings.seed
      return try Trainer(
        model: trained, masters: masters, options: options, ranks: run.ranks,
        resuming: state.map { ($0.step, $0.states) })
    }
  }

  private static func defaultRate(_ plan: TrainingPlan) -> Double {
    switch plan.language {
    case .frozen: plan.trainsVision ? 2e-5 : 1e-3
    case .full: 2e-5
    case .adapter: 2e-4
    }
  }

  /// The state to resume from; nil for a run that begins.
  private static func state(
    _ run: TrainingRun<Command>, _ model: TrainedModel, _ directory: RunDirectory,
    _ description: JSONObject, _ optimizer: Optimizer
  ) throws(Failure) -> TrainingCheckpoint.State? {
    guard let latest = try directory.steps().last else {
      if run.command.run.resume, try directory.result() == nil {
        run.session.reporter.note("\(directory.path) has no checkpoint: beginning")
      }
      return nil
    }
    let state = try TrainingCheckpoint.load(
      directory.checkpointPath(latest), run: description, shapes: model.start.shapes(model.plan),
      optimizer: optimizer, rank: run.ranks.rank, ranks: run.ranks.size)
    guard state.step == latest else {
      throw Failure(
        .invalidInput, code: "checkpoint/manifest", at: directory.checkpointPath(latest),
        "expected the checkpoint of step \(latest), as its name says, found that of step \(state.step)",
        remedy: "give the directory its old name, checkpoint-\(state.step)")
    }
    if run.command.evaluation.keepBest, let best = state.evaluations?.best {
      try checkBest(directory.checkpointPath(best.step), description)
    }
    run.session.reporter.note("resuming after step \(state.step)")
    return state
  }

  /// Throws now what would keep the best step from becoming the result.
  private static func checkBest(_ path: String, _ description: JSONObject) throws(Failure) {
    do throws(Failure) {
      _ = try TrainingCheckpoint.verified(path, run: description)
    } catch {
      var failure = error
      failure.message = "the checkpoint of the lowest held-out loss: \(error.message)"
      failure.remedy = "put it back, or begin another run with -o"
      throw failure
    }
  }
}
