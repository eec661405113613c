// The figures of a selection as text, as JSON and as a chart.
// SPDX-License-Identifier: Apache-2.0
import CaptionFiltering
import Charts
import Glibc
import InputOutput
import JSON

struct FigureReport {
  let figures: SelectionFigures
  let rule: SelectionRule
  let key: PhraseKey
  let skipped: Int
  let duplicates: Int

  init(
    _ figures: SelectionFigures, rule: SelectionRule, key: PhraseKey, skipped: Int, duplicates: Int
  ) {
    self.figures = figures
    self.rule = rule
    self.key = key
    self.skipped = skipped
    self.duplicates = duplicates
  }

  private var leftOut: Int { figures.captions - figures.selected }

  /// One line for the curious.
  var summary: String {
    "\(grouped(figures.selected)) selected, \(grouped(leftOut)) left out; "
      + "\(grouped(figures.phrasesLeft)) of \(grouped(figures.phrases)) phrases left"
  }

  /// Two columns, then a line a tenth.
  var text: String {
    let rows = [
      ("records", figures.captions + skipped), ("  skipped", skipped),
      ("  selected", figures.selected), ("  left out", leftOut),
      ("captions without a phrase", figures.captionsWithoutPhrase),
      ("records with an earlier one's id", duplicates),
      ("unique phrases", figures.phrases),
      ("  dropped, in fewer than \(rule.minCount)", figures.phrasesDropped),
      ("  left", figures.phrasesLeft),
      ("    in more than \(rule.cap)", figures.phrasesAboveCap),
    ]
    var text = rows.map { padded($0.0, 36) + padded(grouped($0.1), -14) }.joined(separator: "\n")
    text += "\n"
    if figures.tenths.isEmpty { return text }
    text += "\nphrases left, rarest first   captions of one       uses before        uses after\n"
    for tenth in figures.tenths {
      let range = "\(grouped(tenth.least)) to \(grouped(tenth.most))"
      text += padded(grouped(tenth.phrases), -26) + padded(range, -18)
      text += padded(grouped(tenth.before), -18) + padded(grouped(tenth.after), -18) + "\n"
    }
    return text
  }

  /// `text` in `width` columns, at their right where `width` is negative.
  private func padded(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.utf8.count))
    return width < 0 ? space + text : text + space
  }

  /// A number that may be too large for `Int`.
  private var seed: JSONValue {
    (try? JSONValue(parsing: Array(String(rule.seed).utf8))) ?? .null
  }

  /// One object on a line.
  var json: String {
    let tenths = figures.tenths.map { tenth in
      JSONValue.object([
        "phrases": .int(tenth.phrases), "least": .int(tenth.least), "most": .int(tenth.most),
        "before": .int(tenth.before), "after": .int(tenth.after),
      ])
    }
    let object: JSONObject = [
      "phrase_key": .string(key.rawValue), "min_count": .int(rule.minCount), "cap": .int(rule.cap),
      "cap_counts": .string(rule.counting.rawValue), "seed": seed,
      "records": .int(figures.captions + skipped), "skipped": .int(skipped),
      "selected": .int(figures.selected), "left_out": .int(leftOut),
      "without_phrase": .int(figures.captionsWithoutPhrase), "duplicate_ids": .int(duplicates),
      "phrases": .int(figures.phrases), "phrases_dropped": .int(figures.phrasesDropped),
      "phrases_left": .int(figures.phrasesLeft),
      "phrases_above_cap": .int(figures.phrasesAboveCap), "tenths": .array(tenths),
    ]
    return JSONValue.object(object).serializedString + "\n"
  }

  /// Frequency over rank, both logarithmic.
  var drawing: Drawing {
    let chart = Chart(
      title: "Noun phrases of \(grouped(figures.captions)) captions,"
        + " \(grouped(figures.selected)) selected",
      x: Chart.Axis("unique noun phrases, most frequent first", .logarithmic),
      y: Chart.Axis("captions that have the phrase", .logarithmic),
      series: [
        series("before", figures.before), series("after", figures.after),
      ])
    return chart.drawing()
  }

  private func series(_ name: String, _ counts: [Int]) -> Chart.Series {
    let points = Self.ranks(counts.count).map {
      Chart.Point(x: Double($0), y: Double(counts[$0 - 1]))
    }
    return Chart.Series("\(name): \(grouped(counts.count)) phrases", points)
  }

  /// Ranks 1 to `count` in steps of a hundredth: nearer ones would fall on the same pixel.
  private static func ranks(_ count: Int) -> [Int] {
    var ranks: [Int] = []
    var rank = 1
    while rank < count {
      ranks.append(rank)
      rank = max(rank + 1, rank + rank / 100)
    }
    return count > 0 ? ranks + [count] : []
  }
}
