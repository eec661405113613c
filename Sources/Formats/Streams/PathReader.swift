// Reads a list of image paths as if it were JSONL.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Each path becomes `{"image":"path"}`; empty lines are passed over.
final class PathReader: ObjectReader {
  var name: String { lines.name }
  private let lines: LineReader
  private let end: UInt8
  private var number: Int

  init(_ lines: LineReader, endsWithNul: Bool) {
    self.lines = lines
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
        let place = "\(name): line \(number)"
        return ObjectLine(
          number: number, place: place, result: object(line).mapError { $0.at(place) })
      }
    } catch {
      throw error.at("\(name): line \(number + 1)")
    }
  }

  private func object(_ line: TextLine) -> Result<JSONObject, Failure> {
    guard case .bytes(let bytes) = line else { return .failure(lineTooLong(lines.limits)) }
    guard let path = String(validating: bytes, as: UTF8.self) else {
      return .failure(
        Failure(.invalidInput, code: "text/utf8", "the path is not valid UTF-8"))
    }
    return .success(["image": .string(path)])
  }
}
