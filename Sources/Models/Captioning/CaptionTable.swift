// A file with a line for each caption, which a run that was stopped goes on with.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// How captions are written, a line each.
public enum CaptionLines: String, CaseIterable, Sendable {
  /// An object: `image`, `question`, `text`, `finish_reason`.
  case jsonl
  /// `image`, `question` and `text` between tabs, below a line that says so.
  case tsv

  /// The line that a file begins with, its end included; empty where it has none.
  public var heading: [UInt8] { self == .tsv ? Array("image\tquestion\ttext\n".utf8) : [] }

  /// The line of `caption`, its end included.
  public func line(_ caption: Caption) -> [UInt8] {
    let picture = caption.picture.shown
    switch self {
    case .jsonl:
      let object: JSONObject = [
        "image": .string(picture), "question": .string(caption.question),
        "text": .string(caption.text), "finish_reason": .string(caption.finishReason),
      ]
      return JSONValue.object(object).serialized() + [0x0A]
    case .tsv:
      let cells = [picture, caption.question, caption.text].map(\.asTableCell)
      return Array(cells.joined(separator: "\t").utf8) + [0x0A]
    }
  }

  /// What was asked about what in `line`; nil for a line that none of ours is.
  func key(of line: [UInt8]) -> CaptionKey? {
    switch self {
    case .jsonl:
      guard let object = try? JSONValue(parsing: line).object,
        let picture = object["image"]?.string, let question = object["question"]?.string,
        object["text"]?.string != nil
      else { return nil }
      return CaptionKey(picture: picture.asTableCell, question: question.asTableCell)
    case .tsv:
      let cells = line.split(separator: 0x09, omittingEmptySubsequences: false)
      guard cells.count == 3 else { return nil }
      let texts = cells.map { String(decoding: $0, as: UTF8.self) }
      return CaptionKey(picture: texts[0], question: texts[1])
    }
  }
}

/// A picture as messages show it and a question, both as cells of a table.
struct CaptionKey: Hashable {
  let picture: String
  let question: String
}

/// The file of captions. Each goes into it as soon as it is known.
final class CaptionTable {
  private let lines: CaptionLines
  private let file: AppendFile
  private var done: Set<CaptionKey> = []

  /// Opens or makes the file `path`; `isNew`: what it holds is cut away.
  ///
  /// A last line that was not finished is cut off. Throws what `AppendFile` throws; `caption/other` for
  /// a file that holds something else, of which nothing is changed.
  init(path: String, _ lines: CaptionLines, isNew: Bool) throws(Failure) {
    try checkPath(path)
    self.lines = lines
    file = try AppendFile(path: FilePath(path), mode: 0o666)
    try readLines()
    if isNew {
      try file.truncate(to: 0)
      done = []
    }
    if file.size == 0 { try file.append(lines.heading) }
  }

  private func readLines() throws(Failure) {
    var number = 0
    let rest = try file.readLines(from: 0) { (line, _) throws(Failure) in
      number += 1
      try take(line, number: number)
    }
    guard !rest.isEmpty else { return }
    if number == 0 { try checkBeginning(rest) }
    // A whole object is no half of one of ours.
    let isWhole = lines == .jsonl && (try? JSONValue(parsing: rest)) != nil
    if isWhole, lines.key(of: rest) == nil { throw other(number + 1) }
    try file.truncate(to: file.size - rest.count)
  }

  private func take(_ line: [UInt8], number: Int) throws(Failure) {
    if number == 1, !lines.heading.isEmpty {
      guard line + [0x0A] == lines.heading else { throw other(number) }
      return
    }
    guard let key = lines.key(of: line) else { throw other(number) }
    done.insert(key)
  }

  /// Only what one of our lines may begin with is cut.
  private func checkBeginning(_ bytes: [UInt8]) throws(Failure) {
    let start = lines.heading.isEmpty ? Array(#"{"image":""#.utf8) : lines.heading
    guard zip(bytes, start).allSatisfy({ $0 == $1 }) else { throw other(1) }
  }

  private func other(_ number: Int) -> Failure {
    Failure(
      .invalidInput, code: "caption/other", at: "\(file.path): line \(number)",
      "expected captions of an earlier run to go on with, found something else",
      remedy: "name a new file")
  }

  func has(_ picture: FilePath, _ question: String) -> Bool {
    done.contains(
      CaptionKey(picture: picture.shown.asTableCell, question: question.asTableCell))
  }

  /// Throws `file/removed` or `file/cut` where somebody has taken away what was written.
  func write(_ captions: [Caption]) throws(Failure) {
    try checkIntact()
    try file.append(captions.flatMap(lines.line))
  }

  /// Throws as `write`.
  func finish() throws(Failure) {
    try file.synchronize()
    try checkIntact()
  }

  private func checkIntact() throws(Failure) {
    try file.checkIntact(remedy: "the same command makes again what is gone")
  }
}
