// tensor-diff: compares two tensor streams record by record.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Streams
import ToolSupport

@main
struct TensorDiff: InspectionCommand {
  static let configuration = CommandConfiguration(
    commandName: "tensor-diff",
    abstract: "Compare two tensor streams within a tolerance.",
    usage: "tensor-diff [<options>] <found> <expected>",
    discussion: """
      Exits 0 when the streams are equal within the tolerance, 1 when they differ, and otherwise with \
      the status that all tools share. Without a tolerance, all numbers must be the same.
      """,
    version: toolVersion("tensor-diff"))

  @Argument(help: "The stream to judge; - is stdin.", completion: .file())
  var found: String

  @Argument(help: "The stream to judge it by.", completion: .file())
  var expected: String

  @Option(
    help: ArgumentHelp(
      "Allowed difference, as a share of the tensor's largest magnitude.", valueName: "share"))
  var rtol = 0.0

  @Option(help: ArgumentHelp("Allowed absolute difference.", valueName: "difference"))
  var atol = 0.0

  @Option(
    help: ArgumentHelp(
      "Smallest allowed cosine similarity between two rows, besides --rtol and --atol.",
      valueName: "cosine"))
  var cosine: Double?

  @Flag(help: "Print a line for every record, not only for those that differ.")
  var all = false

  @OptionGroup var common: CommonOptions

  /// Set by `run`, read by `status`.
  private final class Verdict { var isEqual = true }
  private let verdict = Verdict()

  private enum CodingKeys: CodingKey { case found, expected, rtol, atol, cosine, all, common }

  func validate() throws {
    for (name, value) in [("--rtol", rtol), ("--atol", atol)] where !(value >= 0) {
      throw ValidationError("\(name) must not be negative")
    }
    if let cosine, !(-1...1).contains(cosine) {
      throw ValidationError("--cosine must be -1 to 1")
    }
    if found == "-", expected == "-" { throw ValidationError("only one stream can be stdin") }
  }

  func run(_ session: Session) throws(Failure) {
    let comparison = StreamComparison(
      found: try session.tensorReader(found), expected: try session.tensorReader(expected),
      tolerance: Tolerance(relative: rtol, absolute: atol, cosine: cosine))
    let output = try session.sink(isBinary: false)
    verdict.isEqual = try comparison.run(
      output: common.quiet ? nil : output, showsAll: all, session: session)
    try output.finish()
  }

  func status(_ session: Session) -> ExitStatus? {
    // 1 means different here; the shared name of that status says skipped.
    verdict.isEqual ? .complete : .skippedRecords
  }
}
