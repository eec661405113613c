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
    abstract: "Stage 2: train the projector and the language model, or a LoRA adapter for it.",
    discussion: """
      Reads the features that clip-encode made from records of convo-format --train, or text-only \
      records as JSON lines. Leaves a whole model in the directory OUT; with --lora it leaves an \
      adapter, which the tools accept as --lora and --projector. With --train-vision it reads pixels \
      and trains the vision tower, too.
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
