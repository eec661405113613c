// One run of llava-eval judge score: reads, counts and summarises reviews.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Judging
import Records
import Streams
import ToolSupport

struct JudgeScoreRun {
  let options: JudgeScore
  let session: Session

  func write() throws(Failure) {
    let reviews = try read(options.reviews)
    let bootstrap = Bootstrap(draws: options.bootstrap, seed: options.seed)
    let skipped = session.skipped
    let report = try JudgeReport(reviews, bootstrap)
    var text = JudgeText(reviews, report, skipped: skipped - report.all.reviews + report.all.scored)
    if !options.against.isEmpty {
      let other = try read(options.against)
      let comparison = try PairedComparison(reviews, other, bootstrap)
      if !comparison.hasSameOrders {
        session.reporter.warning(
          "the judge read the two models' answers in different orders: the difference has a bias")
      }
      text.comparison = comparison
      text.other = other.candidateModel ?? options.against.joined(separator: " ")
    }
    if let path = options.details { try writeDetails(reviews, to: path) }
    session.endProgress()
    let output = try session.sink(isBinary: false)
    if options.json {
      let line = JSONValue.object(text.json(bootstrap)).serializedString + "\n"
      try output.write(output.isTerminal ? escapedJSONForTerminal(line) : line)
    } else {
      try output.write(text.table)
    }
    try output.finish()
  }

  /// Gathers the reviews of one model. Those whose scores do not count are reported as skipped.
  private func read(_ paths: [String]) throws(Failure) -> JudgeReviews {
    var reviews = JudgeReviews()
    for (file, path) in paths.enumerated() {
      try forEach(path) { (review, record) throws(Failure) in
        try reviews.add(review, file: file)
      }
    }
    reviews.finish()
    let sizes = reviews.roundSizes
    if Set(sizes).count > 1 {
      session.reporter.warning(
        "the repeats have different numbers of reviews, \(sizes.min() ?? 0) to \(sizes.max() ?? 0):"
          + " their spread compares different questions")
    }
    return reviews
  }

  /// Reads the reviews of a file; what `use` throws or returns makes the record a skip.
  private func forEach(
    _ path: String, _ use: (JudgeReview, Record) throws(Failure) -> Failure?
  ) throws(Failure) {
    let reader = try session.objectReader(path, format: .jsonl)
    var count = 0
    while let line = try reader.next() {
      count += 1
      let record = line.record
      if let mark = SkipMark(of: record.object) {
        try session.skipPassedOn(mark, at: record)
        continue
      }
      do throws(Failure) {
        if let fault = try use(try JudgeReview(try line.result.get()), record) { throw fault }
        session.recordDone()
      } catch {
        try session.recordSkipped(error, at: record)
      }
    }
    guard count > 0 else {
      throw Failure(
        .invalidInput, code: "judge/empty", at: reader.name, "expected reviews, found none",
        remedy: "see whether the tool before failed")
    }
  }

  private func writeDetails(_ reviews: JudgeReviews, to path: String) throws(Failure) {
    let writer = try JSONLWriter(try session.sink(path, isBinary: false), level: nil)
    for item in reviews.items { try writer.write(item.json) }
    try writer.finish()
  }

  /// Prints each file's summary as llava/eval/summarize_gpt_review.py does.
  func writeAsReference() throws(Failure) {
    var text = ""
    for path in options.reviews.map(ExactText.init).sorted() {
      var summary = ReferenceSummary(path: path.text)
      var unparsed = 0
      try forEach(path.text) { (review, record) throws(Failure) in
        if review.pair == nil { unparsed += 1 }
        summary.add(review)
        return nil
      }
      if unparsed > 0 {
        session.reporter.warning(
          "\(path.text): \(counted(unparsed, "review")) without two scores averaged in as -1")
      }
      text += try summary.text()
    }
    session.endProgress()
    let output = try session.sink(isBinary: false)
    try output.write(output.isTerminal ? escapedLinesForTerminal(text) : text)
    try output.finish()
  }
}

extension JudgeReviews.Item {
  /// A line of the details.
  var json: JSONObject {
    var object: JSONObject = ["question_id": questionId]
    object["category"] = review.category.map(JSONValue.string)
    object["round"] = .int(round)
    object["first"] = .string(review.first.rawValue)
    object["outcome"] = .string(outcome.rawValue)
    if let pair = review.pair, pair.isFinite {
      object["reference"] = .double(pair.reference)
      object["candidate"] = .double(pair.candidate)
    }
    return object
  }
}
