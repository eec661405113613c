// llava-eval judge score: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Judging
import ToolSupport

struct JudgeScore: ToolProgram {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Summarise the reviews of a judge.",
    discussion: """
      Reads the judge's replies as chat-complete writes them, or review files of LLaVA's own scripts, \
      and prints the relative score, 100 x mean(candidate) / mean(reference), by category and for all.
      """)

  @Argument(
    help: ArgumentHelp("JSONL of reviews; - is stdin.", valueName: "reviews"), completion: .file())
  var reviews: [String]

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Compare with the reviews of another model; may be repeated.", valueName: "file"),
    completion: .file())
  var against: [String] = []

  @Option(
    help: ArgumentHelp(
      "Bootstrap resamples for the confidence intervals; 0 for no intervals.", valueName: "count")
  )
  var bootstrap = 1000

  @Option(help: ArgumentHelp("Seed for the bootstrap.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("Write a line for each review, as JSONL.", valueName: "file"),
    completion: .file())
  var details: String?

  @Flag(help: "Write a JSON object.")
  var json = false

  @Flag(help: "Count and print as the reference does.")
  var compat = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write to a file, which appears when it is complete.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    try require(bootstrap, in: 0...100_000, "--bootstrap")
    try require(seed, in: 0...1 << 53, "--seed")
    if compat, json || !against.isEmpty || details != nil {
      throw ValidationError("--compat excludes --json, --against and --details")
    }
    if let details, details == output {
      throw ValidationError("--details and --output are the same file")
    }
    if details == "-" { throw ValidationError("--details takes a file, not stdout") }
    for files in [reviews, against] where Set(files.map { Array($0.utf8) }).count < files.count {
      throw ValidationError("a file of reviews is named twice: its scores would count as repeats")
    }
    if (reviews + against).count(where: { $0 == "-" }) > 1 {
      throw ValidationError("only one of the inputs can be stdin")
    }
  }

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    settings.output = output
    settings.limits.lineRemedy = "no review is so long: see what the file is"
    settings.writesAtEnd = true
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    if let details { try OutputClaims.claim(details) }
    let run = JudgeScoreRun(options: self, session: session)
    if compat { try run.writeAsReference() } else { try run.write() }
  }
}
