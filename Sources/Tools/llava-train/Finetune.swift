// llava-train finetune: stage 2, the language model and the projector.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Recipes
import ToolSupport
import Training
import TrainingOutput

struct Finetune: TrainingCommand {
  static let stage = Recipe.Stage.finetune

  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Stage 2: train the language model, or an adapter of it, and the projector.",
    discussion: """
      Reads features from clip-encode, or JSON lines of text alone, of records that convo-format \
      --train made. Leaves a whole model in the directory OUT, or with --lora an adapter, for --lora \
      and --projector of the tools. With --train-vision it reads pixels, and trains the vision tower, \
      too.
      """)

  @OptionGroup var data: DataOptions
  @OptionGroup var model: TrainedModelOptions
  @OptionGroup var adapter: AdapterOptions
  @OptionGroup var optimizer: OptimizerArguments
  @OptionGroup var evaluation: EvaluationOptions
  @OptionGroup var run: RunOptions

  func validate() throws {
    try adapter.check()
  }

  func plan(_ settings: TrainingSettings) throws(Failure) -> RequestedPlan {
    try adapter.plan(settings.recipe)
  }
}
