// The options of llava-caption, by topic.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Captioning
import Conversations
import InputOutput
import Streams
import ToolSupport

extension ExistingText: ExpressibleByArgument {}

extension ObjectFormat: ExpressibleByArgument {}

struct SearchOptions: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "In directories, take files that match this shell pattern; may be repeated.",
      valueName: "pattern"))
  var include: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Leave out files and directories that match this pattern; may be repeated.",
      valueName: "pattern"))
  var exclude: [String] = []

  @Option(
    help: ArgumentHelp(
      "Also take the pictures in this list: CSV, TSV, JSONL or paths; - is stdin.",
      valueName: "file"),
    completion: .file())
  var list: String?

  @Option(help: ArgumentHelp("The list's format.", valueName: "format"))
  var from = ObjectFormat.auto

  @Option(
    help: ArgumentHelp(
      "The column or member of --list that holds the picture's path.", valueName: "key"))
  var imageKey: String?

  func validate() throws {
    if list == nil {
      if imageKey != nil { throw ValidationError("--image-key goes with --list") }
      if from != .auto { throw ValidationError("--from goes with --list") }
    }
  }

  /// The name of the list in messages.
  var listName: String? { list == "-" ? "standard input" : list }

  var search: PictureSearch { PictureSearch(included: include, excluded: exclude) }
}

struct QuestionOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The model; default: LLAVA_MODEL.", valueName: "model"),
    completion: .directory)
  var model: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      """
      What to ask about each picture; may be repeated (default: Describe this image.). {image.name} is the \
      file's name, {{ a literal brace.
      """,
      valueName: "text"))
  var ask: [String] = []

  @Option(
    help: ArgumentHelp("Ask the questions in this file, one per line.", valueName: "file"),
    completion: .file())
  var askFile: String?

  @Flag(help: "Ask one question about each picture, chosen by --seed and the path.")
  var choose = false

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "With --choose, the weight of a question; give one for each, in order.",
      valueName: "number"))
  var weight: [Double] = []

  @Option(help: ArgumentHelp("Conversation template (default: the model's).", valueName: "key"))
  var template: String?

  @Option(help: ArgumentHelp("Replace the template's system prompt.", valueName: "text"))
  var system: String?

  func validate() throws {
    if !weight.isEmpty, !choose { throw ValidationError("--weight goes with --choose") }
  }

  /// Throws `checkpoint/no-model` where neither the option nor the environment names a model.
  func requireModel() throws(Failure) {
    guard model == nil, modelFromEnvironment() == nil else { return }
    throw Failure(
      .usage, code: "checkpoint/no-model", "no model was named",
      remedy: "name a model's directory, or its name in the hub's cache, with -m or LLAVA_MODEL")
  }

  /// The questions about every picture, each once: the lines of the file, then those of the options.
  /// Throws what reading the file throws.
  func texts(_ session: Session) throws(Failure) -> [String] {
    var texts =
      try askFile.map { (path) throws(Failure) in try session.questionLines(path) }?
      .map(\.text) ?? []
    texts += ask
    var seen: Set<[UInt8]> = []
    texts = texts.filter { seen.insert(Array($0.utf8)).inserted }
    return texts.isEmpty ? ["Describe this image."] : texts
  }

  /// `texts` with places to fill. Throws `usage/braces`, and `usage/place` for a member that pictures do
  /// not have, unless they come with some.
  func templates(_ texts: [String], takesMembers: Bool) throws(Failure) -> [QuestionTemplate] {
    var templates: [QuestionTemplate] = []
    for text in texts {
      let template = try QuestionTemplate(text)
      guard takesMembers || !template.needsMembers else {
        throw Failure(
          .usage, code: "usage/place",
          "expected {image}, {image.name} or {image.directory} in a question, found '\(text)'",
          remedy: "a --list may have members of its own")
      }
      templates.append(template)
    }
    return templates
  }
}

struct AnswerOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Longest answer, in tokens.", valueName: "count"))
  var maxTokens = 512

  @Option(help: ArgumentHelp("Sampling temperature; 0 is greedy.", valueName: "number"))
  var temperature = 0.0

  @Option(
    help: ArgumentHelp(
      "Nucleus sampling: share of the probability to sample from.", valueName: "number"))
  var topP = 1.0

  @Option(help: ArgumentHelp("Seed for sampling and for --choose.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Sequences decoded together.", valueName: "count"))
  var batch = 8

  @Option(help: ArgumentHelp("Put this before every answer.", valueName: "text"))
  var prefix = ""

  @Option(help: ArgumentHelp("Put this after every answer.", valueName: "text"))
  var suffix = ""

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Warn of answers without this text; may be repeated.", valueName: "text"))
  var require: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Warn of answers with this text; may be repeated.", valueName: "text"))
  var forbid: [String] = []

  @Option(
    help: ArgumentHelp(
      "Sample a rejected answer again, up to this many times, before the warning.",
      valueName: "count"))
  var retry = 0

  @Option(
    name: [.customShort("j"), .long],
    help: ArgumentHelp(
      "Threads per tool; default: LLAVA_THREADS, else all cores.", valueName: "count"))
  var threads: Int?

  var rules: CaptionRules {
    var rules = CaptionRules()
    (rules.prefix, rules.suffix) = (prefix, suffix)
    (rules.required, rules.forbidden) = (require, forbid)
    return rules
  }

  func validate() throws {
    guard (0...100).contains(retry) else {
      throw ValidationError("--retry must be 0 to 100, found \(retry)")
    }
    if retry > 0, require.isEmpty, forbid.isEmpty {
      throw ValidationError("--retry goes with --require or --forbid")
    }
  }
}
