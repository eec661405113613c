// The options for token ids: what makes them, how many there may be, what texts may hold.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Conversations
import ToolSupport

struct SequenceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Add token ids; a model directory or a file.", valueName: "path"),
    completion: .file())
  var tokenizer: String?

  @Option(
    help: ArgumentHelp(
      "Rows of features an image becomes (default: the model's).", valueName: "count"))
  var imageTokens: Int?

  @Option(help: ArgumentHelp("Most tokens of a sequence, features included.", valueName: "count"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp("What becomes of special tokens' names in texts.", valueName: "policy"))
  var special = FormatOptions.SpecialPolicy.text

  @Option(
    help: ArgumentHelp("What becomes of the template's separators in texts.", valueName: "policy"))
  var separators = FormatOptions.SeparatorPolicy.warn

  func validate() throws {
    if let imageTokens { try require(imageTokens, in: 0...1 << 20, "--image-tokens") }
    if let maxLength {
      try require(maxLength, in: 1...1 << 30, "--max-length")
      if tokenizer == nil { throw ValidationError("--max-length needs --tokenizer") }
    }
  }
}
