// One row of a table, and what reads rows: the grammar of CSV is in CSVRowReader, tabs are here.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The cells of one row, or what is wrong with it.
struct TableRow {
  /// The line on which it begins, from 1.
  let number: Int
  /// The cells' bytes, one behind the other.
  private(set) var bytes: [UInt8] = []
  /// Where in `bytes` each cell ends; of as many cells only as a table may have.
  private(set) var ends: [Int] = []
  private(set) var cellCount = 0
  var fault: Failure?

  /// More columns than this are no table but damage, or a file with its rows and columns swapped.
  static let mostCells = 4096

  init(number: Int) { self.number = number }

  func cell(_ index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  mutating func endCell() {
    cellCount += 1
    if ends.count < Self.mostCells { ends.append(bytes.count) }
  }

  /// Takes a carriage return off the last cell, which has not ended: it is part of the line's end.
  mutating func dropCarriageReturn() {
    if bytes.count > ends.last ?? 0, bytes.last == 0x0D { bytes.removeLast() }
  }

  /// Forgets the cells of a row that is too long to keep.
  mutating func clear() {
    bytes = []
    ends = []
  }
}

/// Rows in order.
protocol RowReader: AnyObject {
  /// The next row that is not an empty line, or nil at a proper end. Throws when nothing more can be
  /// read.
  func next() throws(Failure) -> TableRow?
}

/// Rows whose cells have tabs between them: nothing is quoted, and no cell holds a tab or a line end.
final class TabRowReader: RowReader {
  private let lines: LineReader
  private var number: Int

  init(_ lines: LineReader) {
    self.lines = lines
    number = lines.droppedLines
  }

  func next() throws(Failure) -> TableRow? {
    while let line = try lines.next() {
      number += 1
      var row = TableRow(number: number)
      guard case .bytes(let bytes) = line else {
        row.fault = lineTooLong(lines.limits, "a row")
        return row
      }
      let text = bytes.last == 0x0D ? bytes.dropLast() : bytes[...]
      if text.isEmpty { continue }
      for cell in text.split(separator: 0x09, omittingEmptySubsequences: false) {
        row.append(cell)
        row.endCell()
      }
      return row
    }
    return nil
  }
}
