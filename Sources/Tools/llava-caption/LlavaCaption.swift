// The llava-caption tool: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Captioning
import Conversations
import InputOutput
import JSON
import Records
import ToolSupport

@main
struct LlavaCaption: ToolProgram {
  static let configuration = CommandConfiguration(
    commandName: "llava-caption",
    abstract: "Caption pictures and whole folders of them: text, tables, or files beside pictures.",
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

  @Flag(help: "Print the pipeline of the shell that does the same, instead of doing it.")
  var printPipeline = false

  @Flag(help: "Stop at the first picture that would be skipped.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Stop after more than this many skips, or this share (5%).", valueName: "limit"))
  var maxSkips: SkipLimit?

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    if paths.isEmpty { throw ValidationError("expected pictures or directories") }
  }

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    settings.isStrict = strict
    settings.maxSkips = maxSkips
    settings.output = target.streamPath
    settings.writesAtEnd = target.streamPath == nil
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    let chain = CaptionChain(model: questions.model, questions, answers)
    if printPipeline {
      let text = chain.shellText(paths, try questions.texts(), search, target)
      return try write(text, to: session.sink(nil, isBinary: false))
    }
    let templates = try questions.templates()
    var unreadable: [Failure] = []
    let pictures = search.search.pictures(in: paths.map { FilePath($0) }) { unreadable.append($0) }
    for var failure in unreadable {
      failure.status = .invalidInput
      try session.recordSkipped(failure, at: Record(JSONObject(), number: 1))
    }
    guard !pictures.isEmpty else {
      return session.reporter.warning("found no picture in \(paths.joined(separator: ", "))")
    }
    let choice =
      questions.choose
      ? try QuestionChoice(
        of: templates.count, weights: questions.weight, seed: answers.seed) : nil
    var output = try target.output(
      session, pictures,
      run: try chain.digest(questions, answers, target))
    var jobs: [CaptionJob] = []
    for picture in pictures {
      let own = choice.map { [templates[$0.index(for: picture)]] } ?? templates
      let asked = try questions(own, about: picture)
      let known = try output.answered(asked, about: picture)
      let open = asked.filter { !known.contains($0) }
      if !open.isEmpty { jobs.append(CaptionJob(picture: picture, questions: open)) }
    }
    if jobs.count < pictures.count {
      session.reporter.note(
        "\(grouped(pictures.count - jobs.count)) of \(counted(pictures.count, "picture")) have"
          + " captions already"
          + (target.existing == .skip ? " (--existing overwrite makes them anew)" : ""))
    }
    if !jobs.isEmpty {
      session.total = jobs.count
      let run = CaptionRun(session, jobs, output, rules: answers.rules, retries: answers.retry)
      output = try run.finish(chain)
    }
    try output.finish()
  }

  private func questions(_ templates: [QuestionTemplate], about picture: FilePath) throws(Failure)
    -> [String]
  {
    let record: JSONObject = ["id": .string(picture.shown), "image": .string(picture.shown)]
    var texts: [String] = []
    for template in templates {
      do throws(Failure) {
        texts.append(try template.text(for: record, limit: 1 << 20))
      } catch {
        var failure = error.at(picture.shown)
        (failure.status, failure.kind) = (.usage, .wholeRun)
        throw failure
      }
    }
    return texts
  }

  private func write(_ text: String, to sink: any ByteSink) throws(Failure) {
    try sink.write(text + "\n")
    try sink.finish()
  }
}
