// llava-train pretrain: stage 1, the projector alone.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Recipes
import ToolSupport
import Training

struct Pretrain: TrainingCommand {
  static let stage = Recipe.Stage.pretrain

  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Stage 1: train the projector while the tower and the language model are frozen.",
    discussion: """
      Reads the features that clip-encode made from records of convo-format --train. Leaves the \
      projector in the directory OUT, which all tools accept as --projector.
      """)

  @OptionGroup var data: DataOptions
  @OptionGroup var model: TrainedModelOptions
  @OptionGroup var optimizer: OptimizerArguments
  @OptionGroup var evaluation: EvaluationOptions
  @OptionGroup var run: RunOptions

  func plan(_ settings: TrainingSettings) throws(Failure) -> RequestedPlan {
    RequestedPlan(language: .frozen, trainsProjector: true)
  }
}
