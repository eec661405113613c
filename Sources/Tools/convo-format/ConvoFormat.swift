// The convo-format tool: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Conversations
import InputOutput
import Streams
import ToolSupport

@main
struct ConvoFormat: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "convo-format",
    abstract: "Make prompts, token ids and loss masks from records, or check a data set.",
    version: toolVersion("convo-format"))

  @Argument(
    help: ArgumentHelp(
      "Images, archives, or one list of records; stdin where absent or -.",
      valueName: "input"),
    completion: .file())
  var inputs: [String] = []

  @Option(help: ArgumentHelp("The input's format.", valueName: "format"))
  var from = ObjectFormat.auto

  @OptionGroup var asking: AskOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Use the template of this model; default: LLAVA_MODEL.", valueName: "dir"),
    completion: .directory)
  var model: String?

  @Option(
    help: ArgumentHelp("Conversation template (default: the model's).", valueName: "key"),
    completion: .list(ConversationTemplate.catalogue.map(\.key)))
  var template: String?

  @OptionGroup var recipes: RecipeOptions

  @Option(help: ArgumentHelp("Choose the template by this model name.", valueName: "model"))
  var templateFor: String?

  @Option(
    help: ArgumentHelp(
      "Member or column with the image, for records without an image member.", valueName: "key"))
  var imageKey: String?

  @Option(help: ArgumentHelp("Replace the template's system prompt.", valueName: "text"))
  var system: String?

  @Option(
    help: ArgumentHelp(
      "Position of images in the prompt (default: the recipe's, else first).", valueName: "place"))
  var imagePosition: ImagePosition?

  @Option(help: ArgumentHelp("Seed for random image positions.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(help: "Put images between <im_start> and <im_end>.")
  var imageMarkers = false

  @Flag(help: "Make training sequences, with loss masks.")
  var train = false

  @Option(help: ArgumentHelp("Reproduce this reference implementation.", valueName: "name"))
  var compat: PromptOptions.Compatibility?

  @OptionGroup var sequence: SequenceOptions

  @Option(help: ArgumentHelp("Number of records to skip at the beginning.", valueName: "count"))
  var start = 0

  @Option(
    help: ArgumentHelp(
      "Take only the K-th of N equal, contiguous parts of the input.",
      valueName: "k/n"), transform: Shard.init(parsing:))
  var shard: Shard?

  @OptionGroup var resuming: DoneOptions

  @Flag(help: "Print each token and whether it is trained on, instead of records.")
  var showMask = false

  @Flag(help: "Print the faults of the records, by reason, instead of records.")
  var check = false

  @Flag(help: "Print the findings of --check as JSON.")
  var json = false

  @Flag(help: "Write plain JSONL.")
  var plain = false

  @Flag(
    name: [.customShort("z"), .long],
    help: "Write compressed JSONL, except on a terminal (default).")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    try asking.refuse(whereTraining: train)
    if template != nil, templateFor != nil {
      throw ValidationError("--template and --template-for exclude each other")
    }
    if let template, ConversationTemplate.named(template) == nil {
      let keys = ConversationTemplate.catalogue.map(\.key).joined(separator: ", ")
      throw ValidationError("--template must be one of \(keys), found \(template)")
    }
    try checkRecipe()
    try require(start, in: 0...1 << 40, "--start")
    if showMask, sequence.tokenizer == nil {
      throw ValidationError("--show-mask needs --tokenizer")
    }
    try shard?.check(excluded: [
      ("--start", start > 0), ("--check", check), ("--show-mask", showMask),
    ])
    if check, showMask { throw ValidationError("--check and --show-mask exclude each other") }
    if json, !check { throw ValidationError("--json goes with --check") }
    if plain, compress { throw ValidationError("--plain and -z exclude each other") }
  }

  func run(_ session: Session) throws(Failure) {
    if try recipes.isPrinted(session) { return }
    session.endsWithReader()
    let done = try resuming.records(session)
    let questions = try asking.questions(session, input: inputs.first)
    let formatter = RecordFormatter(try options())
    try formatter.checkTokenizer()
    let run = FormatRun(
      formatter: formatter,
      questions: Questions(
        templates: train ? [] : questions, limit: session.settings.limits.lineBytes),
      done: done, isFromStart: start == 0 && shard == nil, session: session)
    if showMask, inputs.count < 2, from.forFile(inputs.first) == .auto {
      return try run.showMasks(inputs.first, imageKey: imageKey, start: start)
    }
    let part = try shard?.range(of: inputs, format: from, imageKey: imageKey, session)
    var reader = try session.imageReader(
      inputs, format: from, imageKey: imageKey, start: part?.lowerBound ?? start)
    if let part { reader = LimitedReader(reader, count: part.count) }
    if check {
      try run.check(reader, asJSON: json)
    } else if showMask {
      try run.showMasks(reader)
    } else {
      try run.write(reader, to: try session.objectWriter(compresses: !plain))
    }
  }
}
