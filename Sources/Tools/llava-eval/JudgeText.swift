// What llava-eval judge score prints: tables for people, an object for programs.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import InputOutput
import JSON
import Judging
import ToolSupport

/// The result in words.
struct JudgeText {
  let report: JudgeReport
  let reference: String?
  let candidate: String?
  /// Records that held no review.
  let skipped: Int
  var comparison: PairedComparison?
  /// Who it is compared with.
  var other = ""

  init(_ reviews: JudgeReviews, _ report: JudgeReport, skipped: Int) {
    self.report = report
    self.skipped = skipped
    (reference, candidate) = (reviews.referenceModel, reviews.candidateModel)
  }

  var table: String {
    let all = report.all
    var text = ""
    if let candidate, let reference {
      text += "\(escapedForTerminal(candidate)) against \(escapedForTerminal(reference)): "
    }
    text += "\(grouped(all.scored)) of \(counted(all.reviews, "review")) scored"
    text += ", \(all.unparsed) unparsed, \(all.outOfRange) out of range"
    if skipped > 0 { text += "; \(counted(skipped, "record")) skipped" }
    text += "\n\n" + aligned(Self.rows(report)) + "\n"
    text += "relative: 100 x mean(candidate) / mean(reference); the means are times ten\n"
    if let order = report.order { text += Self.line(order) }
    if let comparison { text += "\n" + self.text(comparison) }
    return text
  }

  private static func rows(_ report: JudgeReport) -> [[String]] {
    let groups = report.categories + [report.all]
    let hasRounds = groups.contains { $0.spread != nil }
    let hasIntervals = groups.contains { $0.interval != nil }
    var head = ["category", "questions", "scored", "relative"]
    if hasRounds { head.append("repeats") }
    if hasIntervals { head.append("95% interval") }
    return [head + ["reference", "candidate"]]
      + groups.map { group in
        var row = [name(group.category), "\(group.questions)", "\(group.scored)"]
        row.append(number(group.means?.relative))
        if hasRounds {
          row.append(
            group.spread.map { "\(fixed($0.mean, places: 1)) ± \(fixed($0.deviation, places: 1))" }
              ?? "-")
        }
        if hasIntervals { row.append(range(group.interval, places: 1)) }
        return row + [
          number(group.means?.referenceTimesTen), number(group.means?.candidateTimesTen),
        ]
      }
  }

  private static func line(_ order: OrderBias) -> String {
    let sign = order.advantage < 0 ? "" : "+"
    return "order: standing first is worth \(sign)\(fixed(order.advantage, places: 2)) points"
      + " (\(counted(order.pairs, "pair"))); \(counted(order.flips, "verdict"))"
      + " changed with the order; relative \(number(order.referenceFirst)) with the reference first,"
      + " \(number(order.candidateFirst)) with the candidate first\n"
  }

  private func text(_ comparison: PairedComparison) -> String {
    var text = "compared with \(escapedForTerminal(other)):"
    text += " \(counted(comparison.all.questions, "question")) in both"
    text += ", \(comparison.onlyFirst) only here, \(comparison.onlySecond) only there\n\n"
    let groups = comparison.categories + [comparison.all]
    let hasIntervals = groups.contains { $0.interval != nil }
    var head = ["category", "questions", "points"]
    if hasIntervals { head.append("95% interval") }
    head.append("relative")
    if hasIntervals { head.append("95% interval") }
    let rows = groups.map { group in
      var row = [Self.name(group.category), "\(group.questions)", signed(group.difference, 2)]
      if hasIntervals { row.append(Self.range(group.interval, places: 2)) }
      row.append(signed(group.relative, 1))
      if hasIntervals { row.append(Self.range(group.relativeInterval, places: 1)) }
      return row + ["\(group.wins)", "\(group.ties)", "\(group.losses)", fixed(group.p, places: 4)]
    }
    return text + aligned([head + ["wins", "ties", "losses", "p"]] + rows)
      + "\npoints, relative: ours minus theirs; p: two-sided sign test over wins and losses\n"
  }

  private func signed(_ value: Double, _ places: Int) -> String {
    (value > 0 ? "+" : "") + fixed(value, places: places)
  }

  private static func name(_ category: String?) -> String {
    category.map(escapedForTerminal) ?? "all"
  }

  private static func number(_ value: Double?) -> String { value.map(pythonText) ?? "-" }

  private static func range(_ interval: Interval?, places: Int) -> String {
    guard let interval else { return "-" }
    return "[\(fixed(interval.low, places: places)), \(fixed(interval.high, places: places))]"
  }
}

/// `rows` as columns, the first flush left, the others flush right.
func aligned(_ rows: [[String]]) -> String {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in
    rows.map { column < $0.count ? $0[column].unicodeScalars.count : 0 }.max() ?? 0
  }
  var text = ""
  for row in rows {
    for (column, cell) in row.enumerated() {
      let space = String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
      text += column == 0 ? cell + space : "  " + space + cell
    }
    text += "\n"
  }
  return text
}
