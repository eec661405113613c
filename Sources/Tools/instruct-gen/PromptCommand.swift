// instruct-gen prompt: makes requests to a teacher, or finished records, from captions and boxes.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import InstructionData
import Streams
import ToolSupport

struct PromptCommand: ToolCommand {
  static let toolName = InstructGen.name

  static let configuration = CommandConfiguration(
    commandName: "prompt",
    abstract: "Make requests from the captions and boxes of images.",
    discussion: """
      Reads COCO's files, or records with captions and instances, and writes requests that \
      chat-complete sends to a teacher model. Kind brief needs no teacher: it writes finished records.
      """)

  @Argument(
    help: "Records with captions, as JSONL or a JSON array; stdin where absent or -.",
    completion: .file())
  var input: String?

  @Option(help: ArgumentHelp("conversation, detail, complex or brief.", valueName: "kind"))
  var kind: InstructionKind

  @Option(
    help: ArgumentHelp("Read COCO's captions instead of records.", valueName: "file"),
    completion: .file())
  var captions: String?

  @Option(
    help: ArgumentHelp("Read the boxes from this file of COCO's instances.", valueName: "file"),
    completion: .file())
  var boxes: String?

  @Option(help: ArgumentHelp("How the boxes of records are written.", valueName: "form"))
  var bbox = BoxForm.fractions

  @Flag(help: "Do not clip boxes that reach outside their image.")
  var compat = false

  @Option(
    help: ArgumentHelp(
      "Take the system message and the examples from this directory.", valueName: "dir"),
    completion: .directory)
  var prompts: String?

  @Flag(help: "Make requests for the questions of kind brief, too.")
  var askTeacher = false

  @Option(
    help: ArgumentHelp(
      "File with the list of questions (default: the bundled list).", valueName: "file"),
    completion: .file())
  var instructions: String?

  @Option(help: ArgumentHelp("Which of an image's captions kind brief takes.", valueName: "which"))
  var pick = CaptionPick.random

  @Option(help: ArgumentHelp("Seed for random choices.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    func refuse(_ isWrong: Bool, _ message: String) throws {
      if isWrong { throw ValidationError(message) }
    }
    let isOwn = kind == .brief && !askTeacher
    try refuse(boxes != nil && captions == nil, "--boxes goes with --captions")
    try refuse(captions != nil && input != nil, "--captions takes the place of the input")
    try refuse(
      captions != nil && boxes == nil && kind.showsBoxes,
      "--kind \(kind.rawValue) needs --boxes beside --captions")
    try refuse(
      captions != nil && bbox != .fractions, "--bbox is for records: COCO's boxes have their form")
    try refuse(askTeacher && kind != .brief, "--ask-teacher goes with --kind brief")
    try refuse(
      instructions != nil && !isOwn,
      "--instructions goes with --kind brief without --ask-teacher, and with parse")
    try refuse(isOwn && prompts != nil, "--prompts with --kind brief needs --ask-teacher")
    // Two inputs cannot both be stdin.
    try refuse(captions == "-" && boxes == "-", "--captions and --boxes cannot both be stdin")
  }

  func run(_ session: Session) throws(Failure) {
    let making: RequestMaker.Making
    if kind == .brief, !askTeacher {
      var list = instructions
      if list == nil { list = try InstructGen.installedPrompts("brief_instructions.txt") }
      making = .records(try PhraseList(path: list ?? ""))
    } else {
      var directory = prompts
      if directory == nil { directory = try InstructGen.installedPrompts(kind.rawValue) }
      making = .requests(try PromptSet(directory: directory ?? ""))
    }
    let maker = RequestMaker(kind: kind, making: making, pick: pick, seed: seed)
    var run = PromptRun(
      session: session, maker: maker, keepsOutside: compat,
      writer: try session.objectWriter(compresses: compress))
    if let captions {
      try run.run(captions: captions, instances: boxes)
    } else {
      try run.run(try session.objectReader(input), form: bbox)
    }
  }
}

extension CaptionPick: ExpressibleByArgument {}
