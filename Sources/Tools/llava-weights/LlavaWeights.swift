// llava-weights: inspects, converts, quantises, initialises and compares checkpoints.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ToolSupport

@main
struct LlavaWeights: ToolEntry {
  static let name = "llava-weights"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract:
      "Inspect, convert, quantise, initialise and compare model checkpoints.",
    version: toolVersion(name),
    subcommands: [Inspect.self, Convert.self, Quantize.self, Init.self, Verify.self])
}

/// Where the parts of a model come from if not from its own directory.
struct PartOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Take the vision tower from this path.", valueName: "path"),
    completion: .file())
  var vision: String?

  @Option(
    help: ArgumentHelp("Take the projector from this path.", valueName: "path"), completion: .file()
  )
  var projector: String?

  @Option(
    help: ArgumentHelp("Take the language model from this path.", valueName: "path"),
    completion: .file())
  var language: String?
}
