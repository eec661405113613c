// instruct-gen parse: makes records of a teacher's replies.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import InstructionData
import ToolSupport

struct ParseCommand: ToolCommand {
  static let toolName = InstructGen.name

  static let configuration = CommandConfiguration(
    commandName: "parse",
    abstract: "Make records of a teacher's replies.",
    discussion: """
      Reads what chat-complete wrote of the requests of prompt, and writes records as training \
      reads them. What is no reply of the kind is counted, and kept in the file of --rejected.
      """)

  @Argument(
    help: "Replies, JSONL or an array; stdin where absent or -.", completion: .file())
  var input: String?

  @Option(help: ArgumentHelp("conversation, detail, complex or brief.", valueName: "kind"))
  var kind: InstructionKind

  @Option(
    help: ArgumentHelp("Write the replies that are not taken to this file.", valueName: "file"),
    completion: .file())
  var rejected: String?

  @Option(
    help: ArgumentHelp("Reject replies with phrases of this list.", valueName: "file"),
    completion: .file())
  var dropLeaks: String?

  @Option(help: ArgumentHelp("What becomes of replies that were cut.", valueName: "policy"))
  var truncated = TruncationPolicy.skip

  @Option(
    help: ArgumentHelp("The list of questions (default: ours).", valueName: "file"),
    completion: .file())
  var instructions: String?

  @Flag(help: "Take several replies of one id.")
  var keepDuplicates = false

  @Flag(help: "Keep what else the replies carry.")
  var keep = false

  @Option(help: ArgumentHelp("Seed of the draws.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    if instructions != nil, kind != .detail {
      throw ValidationError("--instructions goes with --kind detail, and with prompt")
    }
    if let rejected, rejected == "-" || rejected == stream.output {
      throw ValidationError("--rejected must name a file of its own")
    }
  }

  func run(_ session: Session) throws(Failure) {
    var reader = ReplyReader(kind: kind)
    reader.seed = seed
    reader.truncated = truncated
    reader.keepsDuplicates = keepDuplicates
    reader.keepsMembers = keep
    if kind == .detail {
      var list = instructions
      if list == nil { list = try InstructGen.installedPrompts("detail_instructions.txt") }
      reader.instructions = try PhraseList(path: list ?? "")
    }
    if let dropLeaks {
      var list = dropLeaks
      if list == "default" { list = try InstructGen.installedPrompts("leaks.txt") }
      reader.leaks = LeakFilter(try PhraseList(path: list))
    }
    if let rejected { try OutputClaims.claim(rejected) }
    var run = ParseRun(session: session, replies: reader)
    try run.run(
      try session.objectReader(input), to: try session.objectWriter(compresses: compress),
      rejected: rejected)
  }
}
