// Reads JSONL: one object per line, with the marks of our own writer if present.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

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

  public func next() throws(Failure) -> ObjectLine? { try nextUnparsed()?.parsed() }

  /// Lines of a compressed stream are parsed here: its end mark has the number of skips.
  public func nextUnparsed() throws(Failure) -> UnparsedLine? {
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

  private func advance() throws(Failure) -> UnparsedLine? {
    while true {
      try Interruption.check(name)
      guard let line = try lines.next() else { return nil }
      if isFirst, case .bytes(let bytes) = line { try LineReader.refuseBinary(bytes) }
      number += 1
      if case .bytes(let bytes) = line, bytes.allSatisfy(\.isJSONSpace) { continue }
      isFirst = false
      guard lines.frames.isCompressed else {
        return UnparsedLine(line, number: number, of: name, lines.limits)
      }
      let object = ObjectLine(line, number: number, of: name, lines.limits)
      lines.marks.count(isSkip: object.isMarked)
      return UnparsedLine(object)
    }
  }

  private func checkEnd() throws(Failure) {
    isFinished = true
    guard !lines.marks.isOpen, lines.marks.hasEnded || !requireEnd else {
      throw StreamMarks.noEnd
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
