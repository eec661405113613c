// llava-eval scienceqa: the commands for ScienceQA, and the options that they share.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import InputOutput
import JSON
import Records
import ScienceQA
import ToolSupport

struct ScienceQACommand: ToolEntry {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "scienceqa",
    abstract: "ScienceQA: questions with choices about science.",
    subcommands: [
      ScienceQAPrompt.self, ScienceQASecond.self, ScienceQAJoin.self, ScienceQAScore.self,
      ScienceQARequery.self, ScienceQACombine.self,
    ])
}

/// Which problems.
struct SplitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Take the split from this file, pid_splits.json.", valueName: "file"),
    completion: .file())
  var splits: String?

  @Option(
    help: ArgumentHelp(
      "The split, such as test; without --splits, the problems' own member decides.",
      valueName: "name"))
  var split: String?

  func validate() throws {
    if splits != nil, split == nil { throw ValidationError("--splits goes with --split") }
  }

  /// The problems of the file `path`.
  func problems(_ path: String) throws(Failure) -> ProblemSet {
    let document = try readDocument(path)
    let lists = try splits.map { (path) throws(Failure) in try readDocument(path) }
    return try ProblemSet(document, splits: lists, split: split)
  }
}

/// The problems that answers are held against.
struct ProblemOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The file problems.json of ScienceQA.", valueName: "file"),
    completion: .file())
  var problems: String

  @OptionGroup var choice: SplitOptions

  func read() throws(Failure) -> ProblemSet { try choice.problems(problems) }
}

/// The published file has 30 MB and half a million values.
private let largestDocument = 512 << 20
private let mostValues = 16 << 20

/// The JSON document in the file `path`. Throws `json/syntax`, and what reading a file throws.
func readDocument(_ path: String) throws(Failure) -> NamedDocument {
  let bytes = try readWholeFile(path, limit: largestDocument)
  do throws(JSONError) {
    return NamedDocument(try JSONValue(parsing: bytes, valueLimit: mostValues), name: path)
  } catch {
    throw Failure(
      .invalidInput, code: "json/syntax", at: "\(path):byte \(error.offset)",
      bytes.isEmpty ? "expected a JSON document, found an empty file" : error.message)
  }
}

extension Session {
  /// The answers in the file `path`, or stdin: JSONL, an array, or one of the reference's results,
  /// whose `outputs` are texts by id.
  ///
  /// Throws what is wrong with the first that is no answer to one of `problems`, and
  /// `scienceqa/answer` where there is none.
  func answers(_ path: String?, to problems: ProblemSet) throws(Failure) -> AnswerSheet {
    let name = path == nil || path == "-" ? "stdin" : path ?? ""
    var sheet = AnswerSheet(for: problems, name: name)
    if let path, isDocument(path) {
      let object = try readDocument(path).value.object ?? JSONObject()
      try sheet.add(Record(object, number: 1, place: path))
    } else {
      let reader = try objectReader(path)
      while let line = try reader.next() {
        do throws(Failure) { _ = try line.result.get() } catch { throw error.at(line.record) }
        try sheet.add(line.record)
      }
    }
    guard !sheet.isEmpty else {
      throw Failure(
        .invalidInput, code: "scienceqa/answer", at: name, "expected answers, found none")
    }
    return sheet
  }

  /// Whether the file is one object over several lines, as Python indents it.
  private func isDocument(_ path: String) -> Bool {
    // Opening a pipe to look at it would take its beginning away.
    var status = stat()
    guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = try? MappedFile(path: path)
    else { return false }
    return file.bytes.starts(with: Array("{\n".utf8))
      || file.bytes.starts(with: Array("{\r\n".utf8))
  }

  /// Warns where so few problems have an answer that the split may be the wrong one.
  func warnOfMissing(_ sheet: AnswerSheet, _ problems: ProblemSet) {
    let missing = problems.ids.count - sheet.count
    guard missing * 2 > problems.ids.count else { return }
    reporter.warning(
      "\(sheet.name): \(grouped(missing)) of \(grouped(problems.ids.count)) problems have no answer:"
        + " is this the split that was asked?")
  }
}
