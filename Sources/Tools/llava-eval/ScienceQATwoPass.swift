// llava-eval scienceqa second and join: reasons first, then the answer from them.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import JSON
import Records
import ScienceQA
import Streams
import ToolSupport

struct ScienceQASecond: ToolCommand {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "second",
    abstract: "Make the prompts of the second pass from the reasons of the first.",
    discussion: """
      Reads what vicuna-decode --keep-prompt wrote. The records go through clip-encode, \
      llava-project and vicuna-decode again, and then through join.
      """)

  @Argument(help: "The first pass's answers; stdin where absent or -.", completion: .file())
  var input: String?

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func run(_ session: Session) throws(Failure) {
    var cut = 0
    try session.mapObjects(input, compresses: compress) { (object) throws(Failure) in
      let second = try TwoPass.second(object)
      if object["finish_reason"]?.string == "length" { cut += 1 }
      return second
    }
    if cut > 0 {
      session.reporter.warning(
        "\(counted(cut, "record")): the reasons were cut at vicuna-decode's --max-tokens")
    }
  }
}

struct ScienceQAJoin: ToolCommand {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "Join the reasons and the answers of the two passes into one text.")

  @Argument(help: "The second pass's answers; stdin where absent or -.", completion: .file())
  var input: String?

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func run(_ session: Session) throws(Failure) {
    try session.mapObjects(input, compresses: compress) { (object) throws(Failure) in
      try TwoPass.joined(object)
    }
  }
}

extension Session {
  /// Writes what `make` makes of each object of the input; passes skips on.
  fileprivate func mapObjects(
    _ input: String?, compresses: Bool, _ make: (JSONObject) throws(Failure) -> JSONObject
  ) throws(Failure) {
    let reader = try objectReader(input)
    let writer = try objectWriter(compresses: compresses)
    while let line = try reader.next() {
      let record = line.record
      if let mark = SkipMark(of: record.object) {
        try skipPassedOn(mark, at: record)
        try writer.write(record.object)
        continue
      }
      do throws(Failure) {
        try writer.write(try make(try line.result.get()))
        recordDone()
      } catch {
        try recordSkipped(error, at: record)
        try writer.skip(
          record.identified, SkipMark(code: error.code, message: error.message))
      }
    }
    try writer.finish()
  }
}
