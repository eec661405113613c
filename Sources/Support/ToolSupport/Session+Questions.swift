// Questions in a file, one per line.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams

extension Session {
  /// More questions about one picture than anybody means: a wrong file.
  private static var mostQuestions: Int { 100_000 }

  /// The lines of the file `path`, without the white space around them, and where they stand; empty ones
  /// are passed over.
  ///
  /// Throws `ask/empty`, `ask/too-many`, and what reading the file throws.
  public func questionLines(_ path: String) throws(Failure) -> [(text: String, place: String)] {
    let reader = try objectReader(path, format: .paths, columns: ["question"])
    var lines: [(text: String, place: String)] = []
    while let line = try reader.next() {
      let text = strippingWhitespace(try line.result.get()["question"]?.string ?? "")
      if text.isEmpty { continue }
      guard lines.count < Self.mostQuestions else {
        throw Failure(
          .limitExceeded, code: "ask/too-many", at: line.place,
          "expected at most \(grouped(Self.mostQuestions)) questions")
      }
      lines.append((text, line.place))
    }
    guard !lines.isEmpty else {
      throw Failure(
        .invalidInput, code: "ask/empty", at: reader.name,
        "expected questions, one a line, found none")
    }
    return lines
  }
}
