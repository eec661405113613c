// Counts what is wrong with a data set, by reason.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// The findings of `convo-format --check`.
public struct DatasetCheck {
  /// How often something was found, and where first.
  public struct Count: Equatable, Sendable {
    public var records: Int
    public var first: String
    public var message: String
  }

  public private(set) var records = 0
  public private(set) var counts: [String: Count] = [:]
  private var ids: Set<ExactText> = []
  private let formatter: RecordFormatter

  public init(_ formatter: RecordFormatter) { self.formatter = formatter }

  /// Whether nothing was found.
  public var isClean: Bool { counts.isEmpty }

  /// Looks at one record, or at the failure that stands in its place. `formatter`: the one that asks
  /// this record's question, where each has its own.
  public mutating func look(
    at record: Record, _ result: Result<JSONObject, Failure>, by formatter: RecordFormatter? = nil
  ) {
    records += 1
    var notes: [FormatNote] = []
    do throws(Failure) {
      let source = try result.get()
      if let mark = SkipMark(of: source) {
        notes.append(FormatNote(code: mark.code, message: mark.message))
      } else {
        if let id = Record.statedId(of: source), !ids.insert(ExactText(id)).inserted {
          notes.append(
            FormatNote(code: "record/duplicate-id", message: "the id was there before"))
        }
        _ = try (formatter ?? self.formatter).format(record.identified, notes: &notes)
      }
    } catch {
      notes.append(FormatNote(code: error.code, message: error.message))
    }
    let place = escapedForTerminal(record.name)
    var seen: Set<String> = []
    for note in notes where seen.insert(note.code).inserted { count(note, at: place) }
  }

  private mutating func count(_ note: FormatNote, at place: String) {
    counts[note.code, default: Count(records: 0, first: place, message: note.message)].records += 1
  }

  /// The findings as a table, the most frequent first.
  public var table: String {
    guard !isClean else { return "\(counted(records, "record")), nothing found\n" }
    let rows = counts.sorted { ($1.value.records, $0.key) < ($0.value.records, $1.key) }
    let width = rows.map(\.key.count).max() ?? 0
    let total = rows.map { String($0.value.records).count }.max() ?? 0
    let lines = rows.map { code, count in
      let number = String(count.records)
      return String(repeating: " ", count: total - number.count) + number + "  " + code
        + String(repeating: " ", count: width - code.count)
        + "  first at \(count.first): \(count.message)\n"
    }
    return lines.joined() + "\(counted(records, "record"))\n"
  }

  /// The same as one JSON object.
  public var json: JSONValue {
    var findings = JSONObject()
    for (code, count) in counts.sorted(by: { $0.key < $1.key }) {
      findings[code] = .object([
        "records": .int(count.records), "first": .string(count.first),
        "message": .string(count.message),
      ])
    }
    return .object(["records": .int(records), "findings": .object(findings)])
  }
}
