// The llava-caption tool: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Captioning
import Conversations
import InputOutput
import ToolSupport

@main
struct LlavaCaption: ToolProgram {
  static let configuration = CommandConfiguration(
    commandName: "llava-caption",
    abstract: "Caption pictures and folders of pictures, as text, tables, or files beside them.",
    usage: "llava-caption [options] <path> ...",
    discussion: """
      Example: llava-caption -m llava-hf/llava-1.5-7b-hf --sidecar .txt photos
      """,
    version: toolVersion("llava-caption"))

  @Argument(
    help: ArgumentHelp("Pictures, and directories of pictures.", valueName: "path"),
    completion: .file())
  var paths: [String] = []

  @OptionGroup(title: "Pictures") var search: SearchOptions

  @OptionGroup(title: "Questions") var questions: QuestionOptions

  @OptionGroup(title: "Answers") var answers: AnswerOptions

  @OptionGroup(title: "Output") var target: TargetOptions

  @Flag(help: "Print a shell pipeline that gives the same captions, instead of running it.")
  var printPipeline = false

  @Flag(help: "Stop at the first picture that would be skipped.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Stop when more records than this count or share (5%) are skipped.", valueName: "limit"))
  var maxSkips: SkipLimit?

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    if paths.isEmpty, search.list == nil {
      throw ValidationError("expected pictures or directories")
    }
    if paths.contains(where: \.isEmpty) {
      throw ValidationError("expected a path, found an empty one")
    }
    if printPipeline, !paths.isEmpty, search.list != nil {
      throw ValidationError("--print-pipeline prints one pipeline: for paths, or for a --list")
    }
  }

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    settings.isStrict = strict
    settings.maxSkips = maxSkips
    settings.output = target.streamPath
    settings.limits.lineRemedy = "records so long go through convo-format --max-line and the pipe"
    settings.writesAtEnd = target.streamPath == nil
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    // Captions for nobody are no work; those that are kept need no reader.
    if !target.isKept { session.endsWithReader() }
    let texts = try questions.texts(session)
    let chain = CaptionChain(questions, answers, texts, isVerbose: session.settings.isVerbose)
    if printPipeline {
      return try write(
        try chain.shellText(paths, search, target), to: session.sink(nil, isBinary: false))
    }
    try questions.requireModel()
    let plan = JobPlan(
      templates: try questions.templates(texts, takesMembers: search.list != nil),
      choice: try choice(of: texts.count), skipsUnfilled: search.list != nil)
    let subjects = try search.subjects(paths, session)
    guard !subjects.isEmpty else {
      let places = (paths + [search.listName].compactMap(\.self)).joined(separator: ", ")
      return session.reporter.warning("found no picture in \(places)")
    }
    let all = try plan.jobs(for: subjects, session)
    var output = try target.output(
      session, all.map(\.picture), run: chain.digest(questions, answers, target))
    let skipped = session.skipped
    let jobs = try JobPlan.open(all, &output, session)
    let captioned = all.count - jobs.count - (session.skipped - skipped)
    if captioned > 0 {
      session.reporter.note(
        "\(grouped(captioned)) of \(counted(all.count, "picture"))"
          + " \(captioned == 1 ? "has a caption" : "have captions") already"
          + target.waysToAskAnew)
    }
    if !jobs.isEmpty {
      let run = CaptionRun(session, jobs, output, rules: answers.rules, retries: answers.retry)
      output = try run.finish(chain, goesOn: target.isKept)
    }
    try output.finish()
    if !session.reasons.isEmpty {
      let reasons = session.reasons.sorted { $0.key < $1.key }
      let counts = reasons.map { "\($0.key) \(grouped($0.value))" }
      session.reporter.note("reasons of skips: \(counts.joined(separator: ", "))")
    }
  }

  private func choice(of count: Int) throws(Failure) -> QuestionChoice? {
    guard questions.choose else { return nil }
    return try QuestionChoice(of: count, weights: questions.weight, seed: answers.seed)
  }

  private func write(_ text: String, to sink: any ByteSink) throws(Failure) {
    try sink.write(text + "\n")
    try sink.finish()
  }
}
