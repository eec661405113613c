// The model that is trained.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ModelSupport
import ToolSupport

/// The options of all tools with a model, and the projector's shape where it has none.
struct TrainedModelOptions: ParsableArguments {
  @OptionGroup var parts: ModelOptions

  @Option(
    help: ArgumentHelp(
      "Type of a new projector: linear or mlpNx_gelu; default: mlp2x_gelu.",
      valueName: "type"))
  var projectorType: String?

  @Flag(help: "Begin with a new projector even if the model has one.")
  var freshProjector = false

  func validate() throws {
    if freshProjector, parts.projector != nil {
      throw ValidationError("--fresh-projector and --projector exclude each other")
    }
  }
}
