// The options for token ids: what makes them, how many there may be, what texts may hold.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Conversations
import ToolSupport

struct SequenceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Add token ids from this tokeniser, a model directory or a file.", valueName: "path"),
    completion: .file())
  var tokenizer: String?

  @Option(
    help: ArgumentHelp(
      "Feature rows per image (default: the model's).", valueName: "count"))
  var imageTokens: Int?

  @Option(help: ArgumentHelp("Longest sequence, in tokens and feature rows.", valueName: "count"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp("How to treat names of special tokens in texts.", valueName: "policy"))
  var special = FormatOptions.SpecialPolicy.text

  @Option(
    help: ArgumentHelp("How to treat the template's separators in texts.", valueName: "policy"))
  var separators = FormatOptions.SeparatorPolicy.warn

  func validate() throws {
    if let imageTokens { try require(imageTokens, in: 0...1 << 20, "--image-tokens") }
    if let maxLength {
      try require(maxLength, in: 1...1 << 30, "--max-length")
      if tokenizer == nil { throw ValidationError("--max-length needs --tokenizer") }
    }
  }
}
