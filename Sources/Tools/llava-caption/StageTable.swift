// A table of where the time of all tools went.
// SPDX-License-Identifier: Apache-2.0
import JSON
import ToolSupport

/// The stages of the tools and the seconds in each. The tools work at the same time, so that the times of
/// several add up to more than the run's.
struct StageTable {
  private var stages: [String: [(name: String, seconds: Double)]] = [:]

  /// Takes what `tool` says of its times; another note is passed over.
  mutating func add(_ note: JSONObject, of tool: String) {
    guard note["code"]?.string == "times", let seconds = note["seconds"]?.object else { return }
    stages[tool] = seconds.members.compactMap { member in
      member.value.double.map { (member.key, $0) }
    }
  }

  /// The rows of each of `tools`; none of a tool that did not tell its times.
  func rows(_ tools: [String]) -> [(name: String, rows: [(name: String, seconds: Double)])] {
    tools.map { ($0, stages[$0] ?? []) }
  }

  /// The table's lines, its heading first; none where no tool told its times. `tools`: in their order.
  func lines(_ tools: [String]) -> [String] {
    let rows = tools.flatMap { tool in
      (stages[tool] ?? []).enumerated().map { number, stage in
        [number == 0 ? tool : "", stage.name, hundredths(stage.seconds)]
      }
    }
    guard !rows.isEmpty else { return [] }
    let all = [["tool", "stage", "seconds"]] + rows
    let widths = (0..<3).map { column in all.map { $0[column].utf8.count }.max() ?? 0 }
    return all.map { row in
      let name = row[0] + Self.spaces(widths[0] - row[0].utf8.count)
      let stage = row[1] + Self.spaces(widths[1] - row[1].utf8.count)
      return "\(name)  \(stage)  \(Self.spaces(widths[2] - row[2].utf8.count))\(row[2])"
    }
  }

  private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
