// llava-eval scienceqa score: the table of the paper for a model's answers.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import JSON
import ScienceQA
import Streams
import ToolSupport

struct ScienceQAScore: ToolProgram {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score a model's answers in the paper's nine columns.")

  @Argument(help: "The answers; stdin where absent or -.", completion: .file())
  var answers: String?

  @OptionGroup var problems: ProblemOptions
  @OptionGroup var judging: JudgingOptions

  /// Set by `run`, read by `status`.
  private final class Verdict { var isComplete = true }
  private let verdict = Verdict()

  private enum CodingKeys: CodingKey { case answers, problems, judging }

  func settings() throws(Failure) -> Settings { judging.settings() }

  /// 1 where a problem has no answer, here or because a tool before skipped it.
  func status(_ session: Session) -> ExitStatus? { verdict.isComplete ? nil : .skippedRecords }

  func run(_ session: Session) throws(Failure) {
    let details = try DetailsFile.claim(judging.details)
    let set = try problems.read()
    let sheet = try session.answers(answers, to: set)
    var score = Score()
    var lines: [JSONObject] = []
    for id in set.ids {
      let problem = try set.sortedProblem(id)
      let judgement = judging.judging.judge(sheet[id], to: problem)
      let isMultimodal = Score.isMultimodal(sheet[id], to: problem)
      score.add(judgement, to: problem, isMultimodal: isMultimodal)
      guard judging.details != nil else { continue }
      var line = self.line(judgement, problem)
      line["is_multimodal"] = .bool(isMultimodal)
      lines.append(line)
    }
    session.warnOfMissing(sheet, set)
    verdict.isComplete = sheet.count == set.ids.count
    try details?.write(lines, session)
    let report = ScoreReport(score, skipped: sheet.skipped, guesses: judging.guess != nil)
    try session.write(text: report.text, json: judging.json ? report.json : nil)
  }

  private func line(_ judgement: Judgement, _ problem: SortedProblem) -> JSONObject {
    var line: JSONObject = [
      "id": .string(problem.id), "parsed": .string(judgement.parsed.text),
      "index": judgement.index.map(JSONValue.int) ?? .null, "expected": .string(problem.letter),
      "correct": .bool(judgement.isCorrect), "outcome": .string(judgement.outcome.rawValue),
    ]
    if judging.guess != nil { line["guessed"] = .bool(judgement.isGuessed) }
    return line
  }
}

/// The options of what judges answers.
struct JudgingOptions: ParsableArguments {
  @Flag(help: "Write a JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Guess with this seed where an answer names no choice.", valueName: "number"))
  var guess: UInt64?

  @Option(
    help: ArgumentHelp("Write the outcome of each problem, as JSONL.", valueName: "file"),
    completion: .file())
  var details: String?

  @Option(help: ArgumentHelp("Longest JSON line to accept.", valueName: "size"))
  var maxLine = Size(16 << 20)

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    if details == "-" { throw ValidationError("--details takes a file: stdout has the report") }
  }

  var judging: Judging { Judging(guessSeed: guess) }

  func settings() -> Settings {
    var settings = messages.settings()
    settings.limits.lineBytes = maxLine.count
    settings.writesAtEnd = true
    return settings
  }
}

/// The file of `--details`.
struct DetailsFile {
  private let path: String

  /// Says that `path` will be written, before any input is opened.
  static func claim(_ path: String?) throws(Failure) -> DetailsFile? {
    guard let path else { return nil }
    try OutputClaims.claim(path)
    return DetailsFile(path: path)
  }

  func write(_ lines: [JSONObject], _ session: Session) throws(Failure) {
    let writer = try JSONLWriter(try session.sink(path, isBinary: false), level: nil)
    for line in lines { try writer.write(line) }
    try writer.finish()
  }
}

extension Session {
  /// Writes the report to stdout: `json` on a line where it is there, else `text`.
  func write(text: String, json: JSONObject?) throws(Failure) {
    let sink = try sink(nil, isBinary: false)
    if let json {
      let line = JSONValue.object(json).serializedString + "\n"
      try sink.write(sink.isTerminal ? escapedJSONForTerminal(line) : line)
    } else {
      try sink.write(text)
    }
    try sink.finish()
  }
}
