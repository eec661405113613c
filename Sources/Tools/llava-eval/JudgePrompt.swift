// llava-eval judge prompt: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Judging
import ToolSupport

struct JudgePrompt: ToolCommand {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "prompt",
    abstract: "Make requests for a chat model to score two models' answers.",
    discussion: """
      Writes a request for each question, for chat-complete to send. With --context the judge reads \
      captions, or captions and boxes, in place of the image.
      """)

  @Option(
    help: ArgumentHelp(
      "JSONL of questions with question_id, text and category.", valueName: "file"),
    completion: .file())
  var questions: String

  @Option(
    help: ArgumentHelp(
      "JSONL of the answers to compare with, such as those of a text-only GPT-4.", valueName: "file"
    ),
    completion: .file())
  var reference: String

  @Option(
    help: ArgumentHelp("JSONL of the answers to judge.", valueName: "file"), completion: .file())
  var candidate: String

  @Option(
    help: ArgumentHelp("JSONL of descriptions of the questions' images.", valueName: "file"),
    completion: .file())
  var context: String?

  @Option(
    help: ArgumentHelp("Rubrics by category (default: the bundled ones).", valueName: "file"),
    completion: .file())
  var rule: String?

  @Flag(help: "Request a review for each order of the two answers.")
  var swap = false

  @Option(
    name: .customLong("repeat"),
    help: ArgumentHelp("Number of times to request each review.", valueName: "count"))
  var repeats = 1

  @Option(
    help: ArgumentHelp("Seed of the first request; each repetition adds 1.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Sampling temperature of the judge.", valueName: "number"))
  var temperature = 0.2

  @Option(help: ArgumentHelp("Longest review, in tokens.", valueName: "count"))
  var maxTokens = 1024

  @Flag(help: "Match files by line number and send no seed, as the reference does.")
  var compat = false

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    try require(repeats, in: 1...1000, "--repeat")
    try require(temperature, in: 0...2, "--temperature")
    try require(maxTokens, in: 1...1 << 20, "--max-tokens")
    try require(seed, in: 0...1 << 31, "--seed")
    let inputs = [questions, reference, candidate, context].compactMap(\.self)
    if inputs.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("only one of the inputs can be stdin")
    }
  }

  func run(_ session: Session) throws(Failure) {
    let run = JudgePromptRun(options: self, session: session)
    try run.write()
  }

  var settings: JudgeSettings {
    var settings = JudgeSettings()
    settings.orders = swap ? [.reference, .candidate] : [.reference]
    settings.repeats = repeats
    settings.temperature = temperature
    settings.maxTokens = maxTokens
    settings.seed = compat ? nil : Int(seed)
    return settings
  }
}
