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
    let output = try outputPath()
    let input = try TrainingInput(command.data, session)
    let model = try TrainedModel(
      command, requested, input.header, recipeProjector: settings.recipe?.projector)
    let operations = try command.model.parts.operations(session)
    let recipe = RecipeCheck(
      own: settings.recipe, metadata: input.header?.metadata ?? [], config: input.header?.config)
    let data = try TrainingRecords(
      command.data, input, model, recipe: recipe, settings: settings, session: session)
    let estimate = try Estimator(self, model, data).estimate(operations)
    if command.run.dryRun { return }
    let directory = try RunDirectory(output)
    let trained = try PreparedRun(self, model, data, estimate, directory, operations)
    try trained.train()
  }

  private func outputPath() throws(Failure) -> String {
    if let output = command.run.output { return output }
    if command.run.dryRun { return "" }
    throw Failure(
      .usage, code: "usage/output", "expected the directory of the run",
      remedy: "name one with -o")
  }
}
