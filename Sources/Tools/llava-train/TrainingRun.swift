// A run from its options to its result.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import InputOutput
import JSON
import ModelSupport
import Ranks
import Recipes
import Streams
import Tensors
import ToolSupport
import Training
import TrainingData
import TrainingRuns

/// Opens and checks everything, says what the run will take, and trains.
struct TrainingRun<Command: TrainingCommand> {
  let command: Command
  let session: Session
  let settings: TrainingSettings
  let requested: RequestedPlan
  let ranks: RankGroup

  init(_ command: Command, _ session: Session, _ ranks: RankGroup) throws(Failure) {
    (self.command, self.session, self.ranks) = (command, session, ranks)
    settings = try TrainingSettings(command)
    requested = try command.plan(settings)
  }

  func run() throws(Failure) {
    Interruption.acceptSaveRequests()
    Interruption.acceptStopRequests()
    try settings.checkShare(ranks)
    let directory = try outputDirectory()
    let input = try TrainingInput(command.data, session, ranks)
    let model = try TrainedModel(
      command, requested, input.header, recipeProjector: settings.recipe?.projector)
    let operations = try command.model.parts.operations(session)
    let recipe = RecipeCheck(
      own: settings.recipe, metadata: input.header?.metadata ?? [], config: input.header?.config)
    let data = try TrainingRecords(
      command.data, input, model, recipe: recipe, settings: settings, session: session,
      isTrained: command.run.inspect == nil)
    if let count = command.run.inspect {
      warn(of: model, data)
      let inspection = RecordInspection(
        data: data, tokenizer: model.tokenizer, session: session)
      return try inspection.write(count)
    }
    let output = try RunOutput(
      model, requested, recipe: settings.recipe?.name,
      base: command.model.parts.model ?? modelFromEnvironment() ?? "",
      producer: session.producer, operations: operations)
    try output.check()
    warn(of: model, data)
    let heldOut = try heldOutRecords(model, data, operations)
    let estimate = try Estimator(self, model, data, heldOut, operations).estimate()
    guard let directory else { return }
    let trained = try PreparedRun(
      self, model, data, heldOut, estimate, output, directory, operations)
    try trained.train()
  }

  /// What is allowed, and seldom meant.
  private func warn(of model: TrainedModel, _ data: TrainingRecords) {
    let (reporter, options) = (session.reporter, command.model)
    if model.start.projector == nil, model.plan.trainsProjector, !options.freshProjector {
      let text = "the model has no projector: a fresh one begins with random numbers"
      if Command.stage == .pretrain {
        reporter.note(text)
      } else {
        reporter.warning("\(text) (name one that stage 1 left with --projector)")
      }
    }
    if command.data.shareImages, settings.microBatch == 1 {
      reporter.warning(
        "--share-images shares nothing: a micro-batch holds one record (raise --micro-batch)")
    }
    if command.run.inspect != nil, command.run.resume {
      reporter.warning("--inspect shows the run from its beginning, whatever --resume says")
    }
    // A pipe's records are not known yet.
    let templates = data.reader.templates
    if templates.count > 1 {
      reporter.warning(
        "the records are of several templates: \(templates.map(escapedForTerminal).joined(separator: ", "))"
      )
    } else if Command.stage == .finetune, ["plain", "v0_plain"].contains(templates.first) {
      reporter.warning("the records are of stage 1's template, plain")
    }
  }

  /// The directory of the run; nil for one that is not begun. What is read from now on is none of
  /// the outputs.
  private func outputDirectory() throws(Failure) -> RunDirectory? {
    if command.run.dryRun || command.run.inspect != nil { return nil }
    guard let output = command.run.output else {
      throw Failure(
        .usage, code: "usage/output", "expected the directory of the run",
        remedy: "name one with -o")
    }
    guard ranks.isFirst else { return RunDirectory(following: output) }
    OutputClaims.claimDirectory(output)
    if let events = command.run.tensorboard { OutputClaims.claimDirectory(events) }
    for path in [command.run.log, command.run.gradients, command.data.writeOrder] {
      if let path { try OutputClaims.claim(path) }
    }
    return try RunDirectory(output, resumes: command.run.resume)
  }
}
