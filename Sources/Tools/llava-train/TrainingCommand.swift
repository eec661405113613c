// What both stages have in common: their options and their course.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Recipes
import ToolSupport
import Training

/// A stage of training as a command.
protocol TrainingCommand: ToolProgram {
  static var stage: Recipe.Stage { get }
  var data: DataOptions { get }
  var model: TrainedModelOptions { get }
  var optimizer: OptimizerArguments { get }
  var evaluation: EvaluationOptions { get }
  var run: RunOptions { get }

  /// What of the model is trained.
  func plan(_ settings: TrainingSettings) throws(Failure) -> RequestedPlan
}

extension TrainingCommand {
  static var toolName: String { LlavaTrain.name }

  func settings() throws(Failure) -> Settings {
    var settings = try run.common.settings(threads: run.threads, lineBytes: run.maxLine.count)
    settings.isStrict = run.strict
    settings.maxSkips = run.maxSkips
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    if data.printRecipe { return try printRecipe(session) }
    if run.resumePoint { return try printResumePoint(session) }
    try TrainingRun(self, session).run()
  }

  private func printRecipe(_ session: Session) throws(Failure) {
    guard let name = data.recipe else {
      throw Failure(
        .usage, code: "usage/recipe", at: "--print-recipe", "expected the name of a recipe",
        remedy: "give one with --recipe")
    }
    let output = FileSink.standardOutput
    try output.write(try Recipe.named(name).text)
    try output.finish()
  }
}
