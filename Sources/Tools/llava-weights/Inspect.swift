// llava-weights inspect: reports what directories hold and whether it makes a complete model.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Inspection
import JSON
import ToolSupport

struct Inspect: ToolProgram {
  static let toolName = LlavaWeights.name

  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Report what directories hold and whether it makes a complete model.",
    discussion: """
      The parts of a model may be in several directories, which are inspected together. Exits 0 when \
      every tool of the pipe can run with them, and for an adapter or a projector by itself, 6 when \
      something is missing, and otherwise with the status that all tools share.
      """)

  @Argument(
    help: ArgumentHelp(
      "Directories, files of weights, or names in the hub's cache.", valueName: "model"),
    completion: .file())
  var models: [String]

  @Flag(help: "Read all weights and check checksums, digests, NaN and infinity.")
  var verify = false

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var messages: MessageOptions

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    settings.writesAtEnd = true
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    let report = ModelReport(of: models, isThorough: verify) { done, total in
      session.showProgress(bytes: done, of: total)
    }
    session.endProgress()
    if json || !messages.quiet {
      let output = try session.sink(isBinary: false)
      let line = JSONValue.object(report.json).serializedString + "\n"
      try output.write(json ? output.isTerminal ? escapedJSONForTerminal(line) : line : report.text)
      try output.finish()
    }
    guard !report.problems.isEmpty else { return }
    throw Failure(
      .mismatch, code: "inspect/incomplete",
      "expected the parts of a model, found \(counted(report.problems.count, "problem"))",
      remedy: "the report says what to do about each")
  }
}
