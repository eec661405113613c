// Reads the rows of comma-separated values by RFC 4180.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Rows whose cells have commas between them. A cell between quotes may hold commas, line ends, and
/// quotes that are doubled; a quote further on in a cell is a character like others.
///
/// Memory is bounded by the longest row that is allowed. A row with a fault spoils only itself; with
/// quotes that are never closed nobody knows what they should have held: that ends the reading.
final class CSVRowReader: RowReader {
  private let lines: LineReader
  private var place: TextPlace

  init(_ lines: LineReader) {
    self.lines = lines
    place = TextPlace(line: lines.droppedLines + 1)
  }

  func next() throws(Failure) -> TableRow? {
    while true {
      var scanner = CSVScanner(at: place, limits: lines.limits)
      while !scanner.isComplete {
        let bytes = try lines.available()
        if bytes.isEmpty {
          guard try scanner.end() else { return nil }
        } else {
          lines.use(scanner.scan(bytes))
        }
      }
      try lines.settle()
      place = scanner.place
      if !scanner.isEmptyLine { return scanner.row }
    }
  }
}

/// Where a byte stands: its line, from 1, and how many bytes of the line come before it.
private struct TextPlace: Equatable {
  var line: Int
  var column = 0

  mutating func pass(_ bytes: Slice<UnsafeRawBufferPointer>) {
    guard let last = bytes.lastIndex(of: 0x0A) else {
      column += bytes.count
      return
    }
    line += bytes.count { $0 == 0x0A }
    column = bytes.endIndex - last - 1
  }
}

/// Takes the bytes of one row, however they are cut.
private struct CSVScanner {
  private(set) var row: TableRow
  private(set) var place: TextPlace
  private(set) var isComplete = false
  private let limits: StreamLimits
  private var state = State.start
  private var opening: TextPlace
  private var byteCount = 0
  private var hasQuotes = false

  private enum State { case start, plain, quoted, quote, carriageReturn }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineEnd: UInt8 = 0x0A

  init(at place: TextPlace, limits: StreamLimits) {
    row = TableRow(number: place.line)
    self.place = place
    opening = place
    self.limits = limits
  }

  /// Whether the row is a line without a character, which is no row.
  var isEmptyLine: Bool {
    row.cellCount == 1 && row.bytes.isEmpty && row.fault == nil && !hasQuotes
  }

  /// Looks at more bytes and returns how many of them belong to the row, its line end included.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Int {
    var position = 0
    while position < bytes.count, !isComplete {
      let rest = bytes[position...]
      switch state {
      case .quoted:
        let run = rest.prefix { $0 != Self.quote }
        take(run)
        position += run.count
        if run.count < rest.count { position += pass(rest.dropFirst(run.count), to: .quote) }
      case .quote where rest.first == Self.quote:
        take(rest.prefix(1))
        state = .quoted
        position += 1
      case .start where rest.first == Self.quote:
        (opening, hasQuotes) = (place, true)
        position += pass(rest, to: .quoted)
      case .quote, .carriageReturn: position += close(rest)
      case .start, .plain:
        let run = rest.prefix { $0 != Self.comma && $0 != Self.lineEnd }
        take(run)
        position += run.count
        if !run.isEmpty { state = .plain }
        if run.count < rest.count { position += endCell(rest.dropFirst(run.count)) }
      }
    }
    return position
  }

  /// Takes the end of the input; false where there is no row.
  ///
  /// Throws `table/quotes` inside quotes.
  mutating func end() throws(Failure) -> Bool {
    guard state != .quoted else {
      throw Failure(
        .invalidInput, code: "table/quotes",
        at: "line \(opening.line): column \(opening.column + 1)",
        "the quotes that open here are never closed",
        remedy: "write quotes inside quotes twice")
    }
    if byteCount == 0 { return false }
    endRow()
    return true
  }

  /// Takes the first of `rest` behind closing quotes, where only a cell's or a line's end may stand;
  /// anything else is taken as if there had been none.
  private mutating func close(_ rest: Slice<UnsafeRawBufferPointer>) -> Int {
    switch rest.first {
    case Self.lineEnd: return endCell(rest)
    case Self.comma where state != .carriageReturn: return endCell(rest)
    case 0x0D where state != .carriageReturn: return pass(rest, to: .carriageReturn)
    default:
      let line = place.line == row.number ? "" : "line \(place.line): "
      refuse(
        Failure(
          .invalidInput, code: "table/quotes", at: "\(line)column \(place.column + 1)",
          "expected a comma or the line's end after closing quotes",
          remedy: "write quotes inside quotes twice"))
      state = .plain
      return 0
    }
  }

  /// Takes the comma or the line end that `rest` begins with.
  private mutating func endCell(_ rest: Slice<UnsafeRawBufferPointer>) -> Int {
    if rest.first == Self.lineEnd {
      endRow()
      place.pass(rest.prefix(1))
      return 1
    }
    row.endCell()
    return pass(rest, to: .start)
  }

  private mutating func endRow() {
    if state == .plain { row.dropCarriageReturn() }
    row.endCell()
    isComplete = true
  }

  /// Passes one byte that is no part of a cell.
  private mutating func pass(_ rest: Slice<UnsafeRawBufferPointer>, to next: State) -> Int {
    state = next
    count(rest.prefix(1))
    return 1
  }

  private mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>) {
    count(bytes)
    if byteCount <= limits.lineBytes { row.append(bytes) }
  }

  private mutating func count(_ bytes: Slice<UnsafeRawBufferPointer>) {
    let isFirst = byteCount <= limits.lineBytes
    byteCount += bytes.count
    place.pass(bytes)
    if isFirst, byteCount > limits.lineBytes {
      row.clear()
      row.fault = lineTooLong(limits, "a row")
    }
  }

  private mutating func refuse(_ failure: Failure) { if row.fault == nil { row.fault = failure } }
}
