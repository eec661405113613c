// What scores and combinations look like, as tables and as JSON.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import InputOutput
import JSON
import ScienceQA

/// `90.36`, or a dash where there is nothing to divide by.
private func percent(_ tally: Tally) -> String {
  tally.accuracy.map { fixed($0, places: 2) } ?? "-"
}

extension Tally {
  fileprivate var json: JSONValue {
    .object([
      "accuracy": accuracy.map(JSONValue.double) ?? .null, "correct": .int(correct),
      "count": .int(count),
    ])
  }
}

extension ScoreTable {
  /// Three rows: the columns' names, their percentages, their sizes.
  fileprivate var text: String {
    let rows = [
      ("", columns.map(\.column.rawValue)), ("accuracy %", columns.map { percent($0.tally) }),
      ("correct", columns.map { String($0.tally.correct) }),
      ("problems", columns.map { String($0.tally.count) }),
    ]
    return rows.map { name, cells in
      padded(name, 10, left: true) + cells.map { padded($0, 8) }.joined() + "\n"
    }.joined()
  }

  fileprivate func add(to object: inout JSONObject) {
    for (column, tally) in columns { object[column.rawValue] = tally.json }
  }
}

private func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
  let space = String(repeating: " ", count: max(0, width - text.utf8.count))
  return left ? text + space : space + text
}

/// A row of a list: what it is, how many, and how many in a hundred.
private func row(_ name: String, _ tally: Tally) -> String {
  "\(padded(name, 30, left: true))\(padded(percent(tally), 8)) %"
    + "  \(tally.correct) of \(tally.count)\n"
}

/// The score of one model's answers.
struct ScoreReport {
  let score: Score
  /// Of the problems without an answer, those that an earlier tool skipped.
  let skipped: Int
  let guesses: Bool

  init(_ score: Score, skipped: Int, guesses: Bool) {
    (self.score, self.skipped, self.guesses) = (score, skipped, guesses)
  }

  var text: String {
    let all = score.table[.all]
    let passed = skipped > 0 ? ", \(skipped) of them skipped by an earlier tool" : ""
    var text = score.table.text + "\n"
    text += "no answer       \(score.count(.noAnswer))\(passed)\n"
    text += "no letter found \(score.count(.notParsed))\n"
    text += "beyond choices  \(score.count(.beyondChoices))\n"
    if guesses { text += "guessed         \(score.guessed)\n" }
    // The reference's own line, by which results were compared.
    text += "\nTotal: \(all.count), Correct: \(all.correct), Accuracy: \(percent(all))%,"
    return text + " IMG-Accuracy: \(percent(score.multimodal))%\n"
  }

  var json: JSONObject {
    var object = JSONObject()
    score.table.add(to: &object)
    object["image_accuracy"] = score.multimodal.json
    object["no_answer"] = .int(score.count(.noAnswer))
    object["skipped"] = .int(skipped)
    object["not_parsed"] = .int(score.count(.notParsed))
    object["beyond_choices"] = .int(score.count(.beyondChoices))
    if guesses { object["guessed"] = .int(score.guessed) }
    return object
  }
}

/// The score of two models' answers together.
struct CombinationReport {
  let sums: Combination
  let ours: AnswerSheet
  let other: AnswerSheet

  var text: String {
    var unread = Tally()
    for index in 0..<sums.other.count { unread.add(isCorrect: index < sums.otherWithoutAnswer) }
    var text = sums.table.text + "\n"
    text += row("ours", sums.ours) + row("other", sums.other)
    text += row("other without an answer", unread)
    text += row("other, ours where it has none", sums.complement)
    if sums.scheme == .judge { text += row("judge, ours where it has none", sums.table[.all]) }
    text += row("either is right", sums.upperBound) + "\n"
    text += "no letter in ours \(sums.oursWithoutAnswer), missing \(missing(ours))\n"
    text += "no letter in the other's \(sums.otherWithoutAnswer), missing \(missing(other))\n"
    text += "different \(sums.different)"
    if sums.scheme == .judge { text += ", of them without a judge's letter \(sums.unjudged)" }
    return text + "\n"
  }

  var json: JSONObject {
    var object = JSONObject()
    sums.table.add(to: &object)
    object["ours"] = sums.ours.json
    object["other"] = sums.other.json
    object["other_without_answer"] = .int(sums.otherWithoutAnswer)
    object["complement"] = sums.complement.json
    if sums.scheme == .judge { object["judge"] = sums.table[.all].json }
    object["upper_bound"] = sums.upperBound.json
    object["ours_without_answer"] = .int(sums.oursWithoutAnswer)
    object["ours_missing"] = .int(missing(ours))
    object["other_missing"] = .int(missing(other))
    object["different"] = .int(sums.different)
    if sums.scheme == .judge { object["unjudged"] = .int(sums.unjudged) }
    return object
  }

  private func missing(_ sheet: AnswerSheet) -> Int { sums.ours.count - sheet.count }
}
