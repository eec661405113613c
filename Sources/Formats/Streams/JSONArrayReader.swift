// Reads a JSON array of objects element by element: LLaVA's training files are single arrays.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The elements of one array; memory is bounded by the largest element that is allowed.
///
/// An element that is no object or breaks the grammar spoils only itself as long as its brackets
/// and quotes match; damage between elements ends the reading.
final class JSONArrayReader: ObjectReader {
  var name: String { lines.name }
  private let lines: LineReader
  private let limits: StreamLimits
  private var number = 0
  private var state = State.before
  private var failure: Failure?

  private enum State { case before, first, further, after }

  init(_ lines: LineReader, limits: StreamLimits) {
    self.lines = lines
    self.limits = limits
  }

  func next() throws(Failure) -> ObjectLine? {
    if let failure { throw failure }
    do throws(Failure) {
      try Interruption.check(name)
      return try advance()
    } catch {
      // Before the array there is no element.
      let failure = error.at(state == .before ? name : "\(name): element \(number + 1)")
      self.failure = failure
      throw failure
    }
  }

  private func advance() throws(Failure) -> ObjectLine? {
    if state == .after { return nil }
    if state == .before {
      let first = try lines.firstVisibleByte()
      guard first == UInt8(ascii: "[") else {
        let found = first.map { escapedForTerminal(String(UnicodeScalar($0))) } ?? "nothing"
        var failure = fault("expected an array, which begins with [, found \(found)")
        if first == UInt8(ascii: "{") { failure.remedy = "for an object a line: --from jsonl" }
        throw failure
      }
      lines.use(1)
      state = .first
    }
    var next = try lines.firstVisibleByte()
    if next == UInt8(ascii: "]") {
      lines.use(1)
      guard try lines.firstVisibleByte() == nil else { throw fault("text after the array") }
      state = .after
      return nil
    }
    if state == .further {
      guard next == UInt8(ascii: ",") else { throw fault("expected , or ] after an element") }
      lines.use(1)
      next = try lines.firstVisibleByte()
      if next == UInt8(ascii: "]") { throw fault("expected an element after ,") }
    }
    guard next != nil else { throw fault("the input ends inside the array") }
    let element = try element()
    state = .further
    number += 1
    if try lines.available().isEmpty { throw fault("the input ends inside the array") }
    let result = Result { () throws(Failure) -> JSONObject in
      guard let element else { throw lineTooLong(limits) }
      return try parseObject(element)
    }
    return ObjectLine(
      number: number, input: name, unit: "element",
      result: result.mapError { $0.at("\(name): element \(number)") },
      byteCount: element?.count ?? 0)
  }

  /// The bytes of the next element, found by its brackets and quotes; nil when it is too long.
  private func element() throws(Failure) -> [UInt8]? {
    var scanner = ElementScanner()
    var element: [UInt8] = []
    var isTooLong = false
    while true {
      let bytes = try lines.available()
      if bytes.isEmpty { throw fault("the input ends inside the array") }
      let count = scanner.scan(bytes)
      if !isTooLong {
        isTooLong = element.count + count > limits.lineBytes
        if isTooLong { element = [] } else { element += bytes[..<count] }
      }
      lines.use(count)
      if scanner.isComplete { break }
    }
    return isTooLong ? nil : element
  }

  private func fault(_ message: String) -> Failure {
    Failure(.invalidInput, code: "json/array", message)
  }
}

/// Finds the end of one array element without parsing it.
private struct ElementScanner {
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private(set) var isComplete = false

  /// Looks at more bytes and returns how many of them belong to the element.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Int {
    for (index, byte) in bytes.enumerated() {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","):
        if depth == 0 {
          isComplete = true
          return index
        }
        if byte != UInt8(ascii: ",") { depth -= 1 }
      default: break
      }
    }
    return bytes.count
  }
}
