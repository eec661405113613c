// Reads JSONL: an object a line, with the marks of our own writer where they are.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// The objects of a JSONL stream. A bad line spoils only itself; a missing or wrong end mark, or a
/// damaged frame, ends the reading with a failure.
public final class JSONLReader: ObjectReader {
  public var name: String { lines.name }
  private let lines: LineReader
  private let requireEnd: Bool
  private var number: Int
  private var isFirst = true
  private var failure: Failure?
  private var isFinished = false

  /// Reads `source`, plain or compressed.
  public convenience init(
    _ source: any ByteSource, limits: StreamLimits = StreamLimits(), requireEnd: Bool = false,
    warn: @escaping (String) -> Void = { _ in }
  ) throws(Failure) {
    self.init(try LineReader(source, limits: limits, warn: warn), requireEnd: requireEnd)
  }

  init(_ lines: LineReader, requireEnd: Bool) {
    self.lines = lines
    self.requireEnd = requireEnd
    number = lines.droppedLines
  }

  public func next() throws(Failure) -> ObjectLine? {
    if let failure { throw failure }
    if isFinished { return nil }
    do throws(Failure) {
      let line = try advance()
      if line == nil { try checkEnd() }
      return line
    } catch {
      let failure = error.at("\(name): line \(number + 1)")
      self.failure = failure
      throw failure
    }
  }

  private func advance() throws(Failure) -> ObjectLine? {
    while true {
      try Interruption.check(name)
      guard let line = try lines.next() else { return nil }
      if isFirst, case .bytes(let bytes) = line { try refuseBinary(bytes) }
      number += 1
      let result: Result<JSONObject, Failure>
      switch line {
      case .tooLong: result = .failure(lineTooLong(lines.limits))
      case .bytes(let bytes):
        if bytes.allSatisfy(isBlank) { continue }
        result = Result { () throws(Failure) in try parseObject(bytes) }
      }
      isFirst = false
      lines.marks.count(isSkip: (try? result.get()).flatMap(SkipMark.init) != nil)
      let place = "\(name): line \(number)"
      return ObjectLine(number: number, place: place, result: result.mapError { $0.at(place) })
    }
  }

  /// A NUL spoils its line; but where the first line has one and is no object, all is something
  /// else, compressed lines with a damaged beginning for instance. `openObjects` looks at what has
  /// arrived by then; here is the whole line.
  private func refuseBinary(_ bytes: [UInt8]) throws(Failure) {
    let first = bytes.first { !isBlank($0) }
    if first != UInt8(ascii: "{"), bytes.contains(0) { throw LineReader.binary() }
  }

  private func checkEnd() throws(Failure) {
    isFinished = true
    guard !lines.marks.isOpen, lines.marks.hasEnded || !requireEnd else {
      throw Failure(
        .invalidInput, code: "jsonl/no-end",
        "the input ends without an end mark: its producer failed, or it was cut",
        kind: .noEndMark)
    }
  }
}

/// Parses one object. Throws `json/syntax` or `text/utf8` with the column, or `json/not-an-object`.
func parseObject(_ bytes: [UInt8]) throws(Failure) -> JSONObject {
  let value: JSONValue
  do { value = try JSONValue(parsing: bytes) } catch {
    throw Failure(
      .invalidInput, code: error.isNoText ? "text/utf8" : "json/syntax",
      at: "column \(error.offset + 1)", error.message)
  }
  guard case .object(let object) = value else {
    throw Failure(.invalidInput, code: "json/not-an-object", "expected a JSON object")
  }
  return object
}
