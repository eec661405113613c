// Runs the table of pipelines, and tries whether its driver notices what is wrong.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@Suite struct PipeTests {
  /// Rows are given out to a few tests, each with a directory of its own.
  static let shares = 4

  static func table() throws -> [PipeRow] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("pipes.tst")
    return try PipeRow.rows(String(contentsOf: path, encoding: .utf8))
  }

  @Test(arguments: 0..<shares)
  func everyRowEndsAsItShould(share: Int) throws {
    let rows = try Self.table()
    #expect(rows.count > 100)
    let directory = try Workbench.make()
    for (index, row) in rows.enumerated() where index % Self.shares == share {
      if let fault = try row.fault(in: directory) { Issue.record("\(fault)") }
    }
  }

  @Test(arguments: [
    ("ok  -  -  true", nil),
    ("ok  -  a\\n  echo a", nil),
    ("ok  -  -  true | false", "wanted statuses ok, found 0|1"),
    ("ok  -  -  exit 0", "wanted statuses ok, found the|shell|ended"),
    ("0|0  -  -  true", "wanted statuses 0|0, found 0"),
    ("~|0  -  y\\n  yes | head -1", nil),
    ("3  -  -  exit 3 | true", "wanted statuses 3, found 3|0"),
    ("ok  -  -  echo b >&2", "wanted no message, found b"),
    ("ok  b  -  echo b >&2", "wanted the message 'b', found b"),
    ("ok  b  -  echo tensor-view: b >&2", nil),
    ("ok  b  -  echo tensor-view: c >&2", "wanted the message 'b', found tensor-view: c"),
    ("ok  b  -  true", "wanted the message 'b', found "),
    ("ok  -  none  echo c", "wanted no output, found c"),
    ("ok  -  a\\n  echo c", "wanted the output 'a\n', found 'c\n'"),
  ])
  func theDriverNotices(row: String, fault: String?) throws {
    let found = try PipeRow(line: 7, row[...]).fault(in: try TemporaryDirectory())
    if let fault {
      #expect(found?.hasPrefix("pipes.tst:7: ") == true)
      #expect(found?.contains(fault) == true, "\(found ?? "")")
    } else {
      #expect(found == nil)
    }
  }

  @Test func aRowNeedsFourColumns() {
    #expect(throws: PipeTableError.columns(line: 2, found: 3)) {
      try PipeRow.rows("# comment\nok  -  true\n")
    }
  }
}
