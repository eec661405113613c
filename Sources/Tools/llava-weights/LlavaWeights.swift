// llava-weights: converts the weights of a LLaVA to another layout, and compares two models.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ToolSupport

@main
struct LlavaWeights: ToolEntry {
  static let name = "llava-weights"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Convert a model's weights to another layout, and compare two models.",
    version: toolVersion(name),
    subcommands: [Convert.self, Verify.self])
}

/// Where the parts of a model come from if not from its own directory.
struct PartOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Take the vision tower from here.", valueName: "path"), completion: .file())
  var vision: String?

  @Option(
    help: ArgumentHelp("Take the projector from here.", valueName: "path"), completion: .file())
  var projector: String?

  @Option(
    help: ArgumentHelp("Take the language model from here.", valueName: "path"),
    completion: .file())
  var language: String?
}
