// How answers are written: as records, as bare text, as a table, or beside the pictures.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Captioning
import InputOutput
import JSON
import Records
import Streams
import ToolSupport

enum AnswerFormat: String, ExpressibleByArgument, CaseIterable { case jsonl, text, tsv, sidecar }

struct AnswerOptions: ParsableArguments {
  @Option(help: "How answers are written: jsonl, text, tsv, or sidecar files (.txt).")
  var format = AnswerFormat.jsonl

  @Flag(help: "Keep the prompt in the output.")
  var keepPrompt = false

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  func validate() throws {
    guard format != .jsonl else { return }
    if compress { throw ValidationError("-z goes with --format jsonl") }
    if keepPrompt { throw ValidationError("--keep-prompt goes with --format jsonl") }
  }

  func writer(_ session: Session) throws(Failure) -> any AnswerWriter {
    switch format {
    case .jsonl: return try session.objectWriter(compresses: compress)
    case .text, .tsv:
      let sink = try session.sink(isBinary: false)
      let lines: CaptionLines? = format == .tsv ? .tsv : nil
      return PlainAnswers(
        output: try CaptionText(sink, lines, namesPictures: false), keepsPlaces: format == .text)
    case .sidecar: return SidecarAnswers(session.reporter)
    }
  }
}

/// Takes records with their answers, and those that have none.
protocol AnswerWriter {
  mutating func write(_ object: JSONObject) throws(Failure)
  mutating func skip(_ object: JSONObject, _ mark: SkipMark) throws(Failure)
  mutating func finish() throws(Failure)
}

extension JSONLWriter: AnswerWriter {}

extension Caption {
  /// Of a record with its answer; it goes by its first image's path, or by its id where it has none.
  fileprivate init(of object: JSONObject) {
    self.init(
      picture: FilePath(Record.firstImagePath(of: object) ?? Record.id(of: object) ?? ""),
      question: object["question"]?.string ?? "", text: object["text"]?.string ?? "",
      finishReason: object["finish_reason"]?.string ?? "")
  }
}

/// A line an answer.
private struct PlainAnswers: AnswerWriter {
  let output: CaptionText
  /// Whether a record without an answer has an empty line, so that line numbers are those of the input.
  let keepsPlaces: Bool

  func write(_ object: JSONObject) throws(Failure) {
    let caption = Caption(of: object)
    try output.write([caption], of: caption.picture)
  }

  func skip(_ object: JSONObject, _ mark: SkipMark) throws(Failure) {
    guard keepsPlaces else { return }
    var empty = object
    empty["text"] = .string("")
    try write(empty)
  }

  func finish() throws(Failure) { try output.finish() }
}

/// A file beside each picture; those that are there stay. Answers to several questions about a picture,
/// which stand next to each other, share its file.
private struct SidecarAnswers: AnswerWriter {
  private let reporter: Reporter
  private let plan = SidecarPlan(suffix: ".txt", existing: .append)
  /// The file that was written last, by this run.
  private var own: FilePlace?
  /// Directories without what killed runs left half written.
  private var cleared: Set<FileIdentity> = []
  private var kept = 0
  private var imageless = 0
  private var inside = 0

  init(_ reporter: Reporter) { self.reporter = reporter }

  mutating func write(_ object: JSONObject) throws(Failure) {
    let images = (try? Record.imagePaths(of: object)) ?? []
    guard !images.isEmpty else {
      imageless += 1
      return
    }
    guard let image = Record.firstImagePath(of: object), !FilePath(image).leadsThroughFile else {
      inside += 1
      return
    }
    let (picture, caption) = (FilePath(image), Caption(of: object))
    let file = plan.file(beside: picture)
    let entry = file.entry
    guard entry == own || !file.isThere else {
      kept += 1
      return
    }
    if let directory = file.directory.identity, cleared.insert(directory).inserted {
      file.directory.removeAbandonedFiles()
    }
    let old = entry == own ? try file.contents(limit: SidecarPlan.largestText) : nil
    if let bytes = plan.contents([caption.text], over: old) { try file.replace(with: bytes) }
    own = entry
  }

  func skip(_ object: JSONObject, _ mark: SkipMark) {}

  func finish() throws(Failure) {
    if kept > 0 {
      reporter.warning("\(counted(kept, "text")) beside pictures were there before and stay")
    }
    if imageless > 0 {
      reporter.warning("\(counted(imageless, "record")) had no picture to write a text beside")
    }
    if inside > 0 {
      let records =
        inside == 1 ? "1 record has its picture" : "\(inside) records have their pictures"
      reporter.warning(
        "\(records) in the record itself or in an archive, with no place for a text beside (use"
          + " --format tsv)")
    }
  }
}
