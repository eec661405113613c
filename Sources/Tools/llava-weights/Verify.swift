// llava-weights verify: compares two models tensor by tensor.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Conversion
import InputOutput
import JSON
import ToolSupport

struct Verify: ToolProgram {
  static let toolName = LlavaWeights.name

  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare the weights of two models.",
    discussion: """
      Tensors are matched by their role in the model, whatever the layouts and formats of the files. \
      Exits 0 when all numbers are the same, 1 when they differ, and otherwise with the status that \
      all tools share.
      """)

  @Argument(
    help: ArgumentHelp("A model's directory, or a file of weights.", valueName: "first"),
    completion: .file())
  var first: String

  @Argument(
    help: ArgumentHelp("The model or file to compare it with.", valueName: "second"),
    completion: .file())
  var second: String

  @Option(
    help: ArgumentHelp(
      "Compare only this part: vision, projector or language; may be repeated.",
      valueName: "part"))
  var part: [ModelPart] = []

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var messages: MessageOptions

  /// Set by `run`, read by `status`.
  private final class Verdict { var isEqual = true }
  private let verdict = Verdict()

  private enum CodingKeys: CodingKey { case first, second, part, json, messages }

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    settings.writesAtEnd = true
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    let comparison = try WeightComparison(first, second, parts: part)
    var done = 0
    var found: [PartComparison] = []
    for part in comparison.parts {
      let result = try comparison.compare(part) { bytes in
        done += bytes
        session.showProgress(bytes: done, of: comparison.byteCount)
      }
      found.append(result)
    }
    session.endProgress()
    verdict.isEqual = found.allSatisfy(\.hasSameNumbers)
    guard !messages.quiet else { return }
    let report = VerificationReport(found, first: first, second: second)
    let output = try session.sink(isBinary: false)
    try output.write(json ? report.json : report.text)
    try output.finish()
  }

  func status(_ session: Session) -> ExitStatus? {
    // 1 means different here; the shared name of that status says skipped.
    verdict.isEqual ? .complete : .skippedRecords
  }
}

extension ModelPart: ExpressibleByArgument {}
