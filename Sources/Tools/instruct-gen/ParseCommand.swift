// instruct-gen parse: makes records from a teacher's replies.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import InstructionData
import ToolSupport

struct ParseCommand: ToolCommand {
  static let toolName = InstructGen.name

  static let configuration = CommandConfiguration(
    commandName: "parse",
    abstract: "Make records from a teacher model's replies.",
    discussion: """
      Reads the replies that chat-complete got to the requests of prompt, and writes records for \
      training. Replies that do not fit the kind are counted, and kept in the file of --rejected.
      """)

  @Argument(
    help: "Replies, as JSONL or a JSON array; stdin where absent or -.", completion: .file())
  var input: String?

  @Option(help: ArgumentHelp("conversation, detail, complex or brief.", valueName: "kind"))
  var kind: InstructionKind

  @Option(
    help: ArgumentHelp("Write rejected replies to this file.", valueName: "file"),
    completion: .file())
  var rejected: String?

  @Option(
    help: ArgumentHelp("Reject replies that contain a phrase in this file.", valueName: "file"),
    completion: .file())
  var dropLeaks: String?

  @Option(help: ArgumentHelp("How to treat truncated replies.", valueName: "policy"))
  var truncated = TruncationPolicy.skip

  @Option(
    help: ArgumentHelp(
      "File with the list of questions (default: the bundled list).", valueName: "file"),
    completion: .file())
  var instructions: String?

  @Flag(help: "Accept several replies with the same id.")
  var keepDuplicates = false

  @Flag(help: "Keep the other members of the replies.")
  var keep = false

  @Option(help: ArgumentHelp("Seed for random choices.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
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
