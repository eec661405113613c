// A run from its options to its result.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Checkpoints
import InputOutput
import JSON
import ModelSupport
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

  init(_ command: Command, _ session: Session) throws(Failure) {
    (self.command, self.session) = (command, session)
    settings = try TrainingSettings(command)
    requested = try command.plan(settings)
  }

  func run() throws(Failure) {
    Interruption.acceptSaveRequests()
    let directory = try outputDirectory()
    let input = try TrainingInput(command.data, session)
    let model = try TrainedModel(
      command, requested, input.header, recipeProjector: settings.recipe?.projector)
    let operations = try command.model.parts.operations(session)
    let recipe = RecipeCheck(
      own: settings.recipe, metadata: input.header?.metadata ?? [], config: input.header?.config)
    let data = try TrainingRecords(
      command.data, input, model, recipe: recipe, settings: settings, session: session)
    let output = try RunOutput(
      model, requested, recipe: settings.recipe?.name,
      base: command.model.parts.model ?? modelFromEnvironment() ?? "",
      producer: session.producer, operations: operations)
    try output.check()
    let estimate = try Estimator(self, model, data).estimate(operations)
    guard let directory else { return }
    let trained = try PreparedRun(
      self, model, data, estimate, output, directory, operations)
    try trained.train()
  }

  /// The directory of the run; nil for one that is not begun. What is read from now on is none of
  /// the outputs.
  private func outputDirectory() throws(Failure) -> RunDirectory? {
    if command.run.dryRun { return nil }
    guard let output = command.run.output else {
      throw Failure(
        .usage, code: "usage/output", "expected the directory of the run",
        remedy: "name one with -o")
    }
    OutputClaims.claimDirectory(output)
    for path in [command.run.log, command.run.gradients, command.data.writeOrder] {
      if let path { try OutputClaims.claim(path) }
    }
    return try RunDirectory(output, resumes: command.run.resume)
  }
}
