// llava-eval scienceqa prompt: problems become records for training or inference.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import JSON
import Records
import ScienceQA
import Streams
import ToolSupport

struct ScienceQAPrompt: ToolCommand {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "prompt",
    abstract: "Make records from the problems, in any of LLaVA's formats.")

  @Argument(help: "The file problems.json of ScienceQA.", completion: .file())
  var problems: String

  @Option(help: ArgumentHelp("Code of the prompt format; see the manual page.", valueName: "code"))
  var format = "QCM-LEPA"

  @OptionGroup var choice: SplitOptions

  @Option(
    help: ArgumentHelp(
      "Form of the records: llava (conversations) or jsonl (instruction and output).",
      valueName: "task"))
  var task = RecordTask.llava

  @Flag(help: "Leave the answers out.")
  var test = false

  @Flag(help: "Ask for the option's letter alone, as LLaVA 1.5 is asked.")
  var askLetter = false

  @Flag(help: "Write one JSON array, indented like the reference's.")
  var array = false

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    if PromptFormat(code: format) == nil {
      let inputs = PromptFormat.Input.allCases.map(\.rawValue).joined(separator: ", ")
      let outputs = PromptFormat.Output.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "--format must be one of \(inputs), a dash, and one of \(outputs), or"
          + " \(PromptFormat.version15.code); found '\(format)'")
    }
    if array, compress { throw ValidationError("--array and -z exclude each other") }
  }

  func run(_ session: Session) throws(Failure) {
    guard let format = PromptFormat(code: format) else {
      throw Failure(.internalError, code: "internal/format", "no such format")
    }
    let recipe = PromptRecipe(format: format, task: task, isTest: test, asksForLetter: askLetter)
    let set = try choice.problems(problems)
    session.total = set.ids.count
    if array {
      try writeArray(set, recipe, session)
    } else {
      try writeLines(set, recipe, session)
    }
  }

  private func writeLines(_ set: ProblemSet, _ recipe: PromptRecipe, _ session: Session)
    throws(Failure)
  {
    let writer = try session.objectWriter(compresses: compress)
    for id in set.ids {
      do throws(Failure) {
        let object = recipe.record(of: try set.problem(id))
        try writer.write(serialized: JSONValue.object(object).serializedAsPython())
        session.recordDone()
      } catch {
        try session.recordSkipped(error, at: Record(["id": .string(id)], id: id, place: set.name))
        try writer.skip(
          ["id": .string(id)], SkipMark(code: error.code, message: error.message))
      }
    }
    try writer.finish()
  }

  /// Problems that cannot be made are reported and left out: an array has no place for them.
  private func writeArray(_ set: ProblemSet, _ recipe: PromptRecipe, _ session: Session)
    throws(Failure)
  {
    var records: [JSONValue] = []
    for id in set.ids {
      do throws(Failure) {
        let object = recipe.record(of: try set.problem(id))
        records.append(.object(object))
        session.recordDone()
      } catch {
        try session.recordSkipped(error, at: Record(["id": .string(id)], id: id, place: set.name))
      }
    }
    let sink = try session.sink(isBinary: false)
    try sink.write(
      String(decoding: JSONValue.array(records).serializedAsPython(indent: 2), as: UTF8.self))
    try sink.finish()
  }
}

extension RecordTask: ExpressibleByArgument {}
