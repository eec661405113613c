// llava-eval scienceqa requery and combine: two models' answers, and the choice between them.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import JSON
import ScienceQA
import Streams
import ToolSupport

/// Two models' answers to the same problems.
struct PairOptions: ParsableArguments {
  @OptionGroup var problems: ProblemOptions

  @Option(help: ArgumentHelp("The answers of our model.", valueName: "file"), completion: .file())
  var ours: String

  @Option(
    help: ArgumentHelp("The answers of the other model, GPT-4 in the paper.", valueName: "file"),
    completion: .file())
  var other: String
}

struct ScienceQARequery: ToolCommand {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "requery",
    abstract: "Make requests for a judge where two models' answers differ.")

  @OptionGroup var pair: PairOptions

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func run(_ session: Session) throws(Failure) {
    let set = try pair.problems.read()
    let ours = try session.answers(pair.ours, to: set)
    let other = try session.answers(pair.other, to: set)
    for sheet in [ours, other] { session.warnOfMissing(sheet, set) }
    let writer = try session.objectWriter(compresses: compress)
    let judging = Judging()
    var different = 0
    for id in set.ids {
      let problem = try set.sortedProblem(id)
      let own = judging.judge(ours[id], to: problem)
      let answers = Combination.Case(
        ours: own, other: judging.judge(other[id], to: problem),
        judge: judging.judge(nil, to: problem))
      guard answers.needsJudge, let theirs = other[id]?.text else { continue }
      different += 1
      try writer.write(
        JudgeRequest.make(
          try set.problem(id), ours: ours[id]?.text ?? "(none)", other: theirs))
      session.recordDone()
    }
    try writer.finish()
    session.reporter.note(
      "\(grouped(different)) of \(counted(set.ids.count, "problem")) to judge")
  }
}

struct ScienceQACombine: ToolProgram {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "combine",
    abstract: "Score two models' answers together, by the paper's two schemes.")

  @OptionGroup var pair: PairOptions

  @Option(
    help: ArgumentHelp("How two answers are combined: complement or judge.", valueName: "scheme"))
  var scheme: CombinationScheme

  @Option(
    help: ArgumentHelp("The judge's answers, for the scheme judge.", valueName: "file"),
    completion: .file())
  var judge: String?

  @OptionGroup var judging: JudgingOptions

  func validate() throws {
    if scheme == .judge, judge == nil { throw ValidationError("--scheme judge needs --judge") }
    if scheme != .judge, judge != nil { throw ValidationError("--judge goes with --scheme judge") }
  }

  func settings() throws(Failure) -> Settings { judging.settings() }

  func run(_ session: Session) throws(Failure) {
    let details = try DetailsFile.claim(judging.details)
    let set = try pair.problems.read()
    let ours = try session.answers(pair.ours, to: set)
    let other = try session.answers(pair.other, to: set)
    let judged = try judge.map { (path) throws(Failure) in try session.answers(path, to: set) }
    for sheet in [ours, other] { session.warnOfMissing(sheet, set) }
    var sums = Combination(scheme)
    var lines: [JSONObject] = []
    for id in set.ids {
      let problem = try set.sortedProblem(id)
      let answers = Combination.Case(
        ours: judging.judging.judge(ours[id], to: problem, draw: 0),
        other: judging.judging.judge(other[id], to: problem, draw: 1),
        judge: judging.judging.judge(judged?[id], to: problem, draw: 2))
      sums.add(answers, to: problem)
      if judging.details != nil { lines.append(line(answers, problem)) }
    }
    try details?.write(lines, session)
    let report = CombinationReport(sums: sums, ours: ours, other: other)
    try session.write(text: report.text, json: judging.json ? report.json : nil)
  }

  private func line(_ answers: Combination.Case, _ problem: SortedProblem) -> JSONObject {
    let combined = answers.combined(scheme)
    var line: JSONObject = [
      "id": .string(problem.id), "ours": .string(answers.ours.parsed.text),
      "other": .string(answers.other.parsed.text),
    ]
    if scheme == .judge { line["judge"] = .string(answers.judge.parsed.text) }
    line["combined"] = .string(combined.parsed.text)
    line["index"] = combined.index.map(JSONValue.int) ?? .null
    line["expected"] = .string(problem.letter)
    line["correct"] = .bool(combined.isCorrect)
    return line
  }
}

extension CombinationScheme: ExpressibleByArgument {}
