// What both stages have in common: their options and their course.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Ranks
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

  /// The parts of the model that are trained.
  func plan(_ settings: TrainingSettings) throws(Failure) -> RequestedPlan
}

extension TrainingCommand {
  static var toolName: String { LlavaTrain.name }
  static var speaks: Bool { LlavaTrain.speaks }
  static var nameAlone: String? { LlavaTrain.nameAlone }

  func settings() throws(Failure) -> Settings {
    var settings = try run.common.settings(threads: run.threads, lineBytes: run.maxLine.count)
    if let launcher = Launcher.found() {
      settings.isSilent = launcher.rank > 0
      settings.threads = try launcher.threads(run.threads, default: settings.threads)
    }
    settings.isStrict = run.strict
    settings.maxSkips = run.maxSkips
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    if isOnlyShown {
      // What is printed does not take several ranks.
      guard LlavaTrain.speaks else { return }
      if data.printRecipe { return try printRecipe(session) }
      if run.resumePoint { return try printResumePoint(session) }
      return try TrainingRun(self, session, RankGroup()).run()
    }
    let ranks = try RankGroup.joined(session, patience: Double(run.rankTimeout))
    do throws(Failure) {
      try TrainingRun(self, session, ranks).run()
      _ = try ranks.exchange([:], at: "the end")
    } catch {
      let failure = ranks.announce(error)
      if ranks.size > 1, failure.kind != .interrupted { session.tell(failure) }
      ranks.finish()
      throw failure
    }
    ranks.finish()
  }

  private var isOnlyShown: Bool {
    data.printRecipe || run.resumePoint || run.dryRun || run.inspect != nil
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
