// Reads a table whose first row names its columns, as if each further row were a line of JSONL.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Each row becomes an object of texts; a cell without a character makes no member. A row that has
/// other cells than there are columns, or is no UTF-8, spoils only itself.
final class TableReader: ObjectReader {
  var name: String { lines.name }
  private let lines: LineReader
  private let rows: any RowReader
  /// Nil where the input has not even a first row.
  private let columns: TableColumns?
  private var failure: Failure?

  /// Reads the first row. `imageKey`: the column that the user names as that of the images.
  ///
  /// Throws `table/columns` where no column can be that or two have one name, `text/binary`, and what
  /// is wrong with the first row.
  init(_ lines: LineReader, rows: any RowReader, imageKey: String?) throws(Failure) {
    self.lines = lines
    self.rows = rows
    guard let row = try rows.next() else {
      columns = nil
      return
    }
    do throws(Failure) { columns = try TableColumns(row, imageKey: imageKey) } catch {
      throw error.at("line \(row.number)")
    }
  }

  func next() throws(Failure) -> ObjectLine? {
    if let failure { throw failure }
    do throws(Failure) {
      try Interruption.check(name)
      guard let columns, let row = try rows.next() else { return nil }
      return ObjectLine(
        number: row.number, input: name, unit: "line",
        result: columns.object(row).mapError { $0.at("\(name): line \(row.number)") },
        byteCount: row.bytes.count)
    } catch {
      let failure = error.at(name)
      self.failure = failure
      throw failure
    }
  }
}

/// What the columns of a table are called.
struct TableColumns {
  /// Nil for a column without a name: it makes no member.
  private let names: [String?]
  /// The column that says what the image is, where that is not in `image`.
  private let imageName: String?

  /// Columns that hold images where none is called `image`; the first of these that is there does.
  private static let imageNames = ["path", "file", "file_name", "filename"]

  init(_ row: TableRow, imageKey: String?) throws(Failure) {
    if let fault = row.fault { throw fault }
    if row.bytes.contains(0) { throw LineReader.binary() }
    guard row.cellCount <= TableRow.mostCells else {
      throw Failure(
        .limitExceeded, code: "table/columns",
        "expected at most \(TableRow.mostCells) columns, found \(row.cellCount)")
    }
    var names: [String?] = []
    var seen: Set<ExactText> = []
    for index in 0..<row.cellCount {
      let name = try TableColumns.text(row.cell(index)).get()
      guard name.isEmpty || seen.insert(ExactText(name)).inserted else {
        throw Failure(
          .invalidInput, code: "table/columns", "two columns are called `\(Self.shown(name))`",
          remedy: "give each a name of its own")
      }
      names.append(name.isEmpty ? nil : name)
    }
    self.names = names
    let isThere = { (name: String) in seen.contains(ExactText(name)) }
    let candidates = imageKey.map { [$0] } ?? ["image", "images"] + Self.imageNames
    guard let imageName = candidates.first(where: isThere) else {
      throw Self.noImage(among: names.compactMap(\.self), key: imageKey)
    }
    self.imageName = ["image", "images"].contains(where: isThere) ? nil : imageName
  }

  /// The object of a row.
  func object(_ row: TableRow) -> Result<JSONObject, Failure> {
    if let fault = row.fault { return .failure(fault) }
    guard row.cellCount == names.count else {
      return .failure(
        Failure(
          .invalidInput, code: "table/cells",
          "expected \(counted(names.count, "cell")), one a column, found \(row.cellCount)"))
    }
    var object = JSONObject()
    for (index, name) in names.enumerated() {
      guard let name, !row.cell(index).isEmpty else { continue }
      switch Self.text(row.cell(index)) {
      case .success(let text): object[name] = .string(text)
      case .failure(let failure): return .failure(failure)
      }
    }
    if let imageName, let image = object[imageName] { object["image"] = image }
    return .success(object)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> Result<String, Failure> {
    if let text = String(validating: bytes, as: UTF8.self) { return .success(text) }
    return .failure(
      Failure(
        .invalidInput, code: "text/utf8", "the row is not valid UTF-8",
        remedy: "convert the file first: iconv -f LATIN1 -t UTF-8"))
  }

  private static func noImage(among names: [String], key: String?) -> Failure {
    let wanted =
      key.map { "`\(shown($0))`" } ?? "`image`, `path`, `file`, `file_name` or `filename`"
    let more = names.count > 20 ? " and \(names.count - 20) more" : ""
    let found = names.prefix(20).map { "`\(shown($0))`" }.joined(separator: ", ") + more
    let isUnparted = names.count == 1 && names[0].utf8.contains { $0 == 0x3B || $0 == 0x09 }
    return Failure(
      .invalidInput, code: "table/columns",
      "expected a column \(wanted), found \(found.isEmpty ? "no names" : found)",
      remedy: isUnparted
        ? "part the cells by commas, or by tabs with --from tsv"
        : "name the column of the images with --image-key; a list of paths without column names"
          + " is --from paths")
  }

  private static func shown(_ name: String) -> String {
    escapedForTerminal(name.utf8.count > 60 ? name.prefix(bytes: 60) + "..." : name)
  }
}
