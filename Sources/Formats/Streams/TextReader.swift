// Reads lines of text, such as a list of image paths, as if they were JSONL.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Each line becomes an object whose texts have the names `columns`; empty lines are passed over.
///
/// With one column the line is its text, as a path is. With several, tabs part the texts: there may be
/// fewer than columns, and more spoil the line; the carriage return of Windows' line ends is no part.
final class TextReader: ObjectReader {
  var name: String { lines.name }
  private let lines: LineReader
  private let columns: [String]
  private let end: UInt8
  private var number: Int

  init(_ lines: LineReader, columns: [String], endsWithNul: Bool) {
    self.lines = lines
    self.columns = columns
    end = endsWithNul ? 0 : 0x0A
    number = lines.droppedLines
  }

  func next() throws(Failure) -> ObjectLine? {
    do throws(Failure) {
      while true {
        try Interruption.check(name)
        guard let line = try lines.next(endsWith: end, refusesNul: end != 0) else { return nil }
        number += 1
        if case .bytes(let bytes) = line, bytes.isEmpty { continue }
        return ObjectLine(
          number: number, input: name, unit: "line",
          result: object(line).mapError { $0.at("\(name): line \(number)") })
      }
    } catch {
      throw error.at("\(name): line \(number + 1)")
    }
  }

  private func object(_ line: TextLine) -> Result<JSONObject, Failure> {
    guard case .bytes(let bytes) = line else {
      return .failure(lineTooLong(lines.limits, "a line"))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failure(Failure(.invalidInput, code: "text/utf8", "the line is not valid UTF-8"))
    }
    guard columns.count > 1 else { return .success([columns[0]: .string(text)]) }
    let line = text.utf8.last == 0x0D ? String(text.unicodeScalars.dropLast()) : text
    let texts = line.split(atByte: 0x09)
    guard texts.count <= columns.count else {
      return .failure(
        Failure(
          .invalidInput, code: "text/columns",
          "expected at most \(columns.count) columns, found \(texts.count)"))
    }
    var object = JSONObject()
    for (column, text) in zip(columns, texts) { object[column] = .string(text) }
    return .success(object)
  }
}
