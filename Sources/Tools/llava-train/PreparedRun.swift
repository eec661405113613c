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
  private let run: TrainingRun<Command>
  private let model: TrainedModel
  private let data: TrainingRecords
  private let directory: RunDirectory
  private let trainer: Trainer
  private let description: JSONObject
  private let place: DataPlace
  private let output: RunOutput
  private let operations: CPUOperations

  private var session: Session { run.session }

  init(
    _ run: TrainingRun<Command>, _ model: TrainedModel, _ data: TrainingRecords,
    _ estimate: RunEstimate, _ output: RunOutput, _ directory: RunDirectory,
    _ operations: CPUOperations
  ) throws(Failure) {
    (self.run, self.model, self.data, self.directory) = (run, model, data, directory)
    (self.operations, self.output) = (operations, output)
    let options = run.settings.optimizerOptions(
      totalSteps: data.totalSteps, defaultRate: Self.defaultRate(model.plan))
    let description = RunDescription.make(run, model, data, options)
    self.description = description
    let state = try Self.state(run, model, directory, description, options.optimizer)
    place = state?.place ?? DataPlace()
    let (requested, settings) = (run.requested, run.settings)
    trainer = try catchingMemory {
      let masters =
        try state?.masters
        ?? model.start.masters(
          model.plan, seed: settings.seed, adapterDeviation: requested.adapterDeviation,
          operations: operations)
      var trained = try TrainingModel(
        model.start, model.plan, masters: masters, operations: operations)
      trained.kept = KeptActivations(recomputedLayers: estimate.recomputedLayers)
      trained.dropout = model.dropout
      trained.seed = settings.seed
      return try Trainer(
        model: trained, masters: masters, options: options,
        resuming: state.map { ($0.step, $0.states) })
    }
  }

  private static func defaultRate(_ plan: TrainingPlan) -> Double {
    switch plan.language {
    case .frozen: 1e-3
    case .full: 2e-5
    case .adapter: 2e-4
    }
  }

  /// The state to go on from; nil for a run that begins.
  private static func state(
    _ run: TrainingRun<Command>, _ model: TrainedModel, _ directory: RunDirectory,
    _ description: JSONObject, _ optimizer: Optimizer
  ) throws(Failure) -> TrainingCheckpoint.State? {
    if run.command.run.resume, let result = directory.result() {
      try RunDescription.check(result.run, is: description, at: directory.path)
    }
    guard let latest = try directory.steps().last else {
      if run.command.run.resume, directory.result() == nil {
        run.session.reporter.note("\(directory.path) has no checkpoint: beginning")
      }
      return nil
    }
    let state = try TrainingCheckpoint.load(
      directory.checkpointPath(latest), run: description, shapes: model.start.shapes(model.plan),
      optimizer: optimizer)
    guard state.step == latest else {
      throw Failure(
        .invalidInput, code: "checkpoint/manifest", at: directory.checkpointPath(latest),
        "expected the checkpoint of step \(latest), as its name says, found that of step \(state.step)",
        remedy: "give the directory its old name, checkpoint-\(state.step)")
    }
    run.session.reporter.note("resuming after step \(state.step)")
    return state
  }

  func train() throws(Failure) {
    if run.command.run.resume, let result = directory.result(), result.steps >= data.totalSteps {
      return session.reporter.note(
        "the run is finished: \(directory.path) holds the result of \(result.steps) steps")
    }
    let source = try source()
    let loop = TrainingLoop(
      trainer, source: source, directory: directory, options: loopOptions, run: description,
      place: place)
    let (session, output, trainer, description) = (session, output, trainer, description)
    let reader = data.reader
    loop.addOutputs = { [unowned loop] (directory) throws(Failure) in
      try output.writeSmall(
        trainer.masters, place: loop.place, run: description, step: trainer.finishedSteps,
        templates: reader.templates, into: directory)
    }
    loop.note = { session.reporter.note($0) }
    loop.warn = { session.reporter.warning($0) }
    loop.look = try gradientsWriter()
    let log = try run.command.run.log.map { (path) throws(Failure) in
      try TrainingLog(path, after: trainer.finishedSteps)
    }
    var status = StatusLine(totalSteps: data.totalSteps, finishedSteps: trainer.finishedSteps)
    var last: StepReport?
    loop.report = { (report) throws(Failure) in
      try log?.add(report)
      last = report
      let text = status.text(report)
      if session.settings.isVerbose { session.reporter.note(text) }
      session.reporter.showStatus { text }
    }
    let isWhole = try loop.run { (body) throws(Failure) in try catchingMemory(body) }
    try finish(loop, last, isWhole: isWhole)
  }

  private var loopOptions: LoopOptions {
    var options = LoopOptions(totalSteps: data.totalSteps)
    options.microBatch = run.settings.microBatch
    options.accumulation = run.settings.accumulation
    options.saveEvery = run.settings.saveEvery
    options.keep = run.settings.keep
    return options
  }

  /// Writes the result; the state is saved where that fails.
  private func finish(_ loop: TrainingLoop, _ last: StepReport?, isWhole: Bool) throws(Failure) {
    if !isWhole, data.totalSteps < TrainingSettings.mostSteps {
      session.reporter.warning(
        "the input ended after step \(trainer.finishedSteps) of \(data.totalSteps)")
    }
    try trainer.checkParameters()
    do throws(Failure) {
      try output.publish(
        trainer.masters, place: loop.place, run: description, step: trainer.finishedSteps,
        templates: data.reader.templates, into: directory)
    } catch {
      try loop.saveIfNew()
      throw error
    }
    session.endProgress()
    var text = "\(counted(trainer.finishedSteps, "step"))"
    if let last { text += ", last loss \(readable(last.loss))" }
    session.reporter.note("\(text); wrote \(directory.path)")
    session.reporter.note("next: \(output.nextCommand(directory.path))")
  }

  private func source() throws(Failure) -> any SequenceSource {
    switch data.kind {
    case .files(let files, let order):
      let epochs = run.settings.steps == nil ? Int(run.settings.epochs.rounded(.up)) : .max
      let source = try IndexedSource(
        files, order: order, epochs: epochs, reader: data.reader, handling: data.handling)
      if place.sequences > 0 { try source.move(toEpoch: place.epoch, position: place.position) }
      if let path = run.command.data.writeOrder {
        source.began = { (epoch, order) throws(Failure) in
          guard epoch == 0 else { return }
          let file = try AtomicFile(path: path)
          try OrderFile.write(order, to: file)
          try file.finish()
        }
      }
      return source
    case .pipe(let stream):
      let start = run.command.data.start
      guard start <= place.position else {
        throw Failure(
          .usage, code: "usage/start", at: "--start",
          "the run goes on with record \(place.position), the input begins with \(start)",
          remedy: "give what --resume-point prints")
      }
      let source = PipeSource(
        reader: data.reader, handling: data.handling, start: start,
        read: TrainingInput.records(of: stream))
      try source.skip(to: place.position, digest: place.digest)
      return source
    }
  }

  private func gradientsWriter() throws(Failure) -> (
    (Int, TrainedParameters<Tensor>, Double) throws(Failure) -> Void
  )? {
    guard let path = run.command.run.gradients else { return nil }
    let step = run.command.run.gradientsStep
    guard trainer.finishedSteps < step, step <= data.totalSteps else {
      throw Failure(
        .usage, code: "usage/gradients-step", at: "--gradients-step",
        "expected one of the steps that are left, \(grouped(trainer.finishedSteps + 1)) to"
          + " \(grouped(data.totalSteps)), found \(grouped(step))", remedy: "name another step")
    }
    // Opened now: a place that cannot be written must not be found out after hours.
    let file = try AtomicFile(path: path)
    let wanted = run.command.run.gradientsStep
    let operations = operations
    return { (step, gradients, factor) throws(Failure) in
      guard step == wanted else { return }
      try GradientsFile.write(gradients, factor: factor, to: file, operations: operations)
    }
  }
}
