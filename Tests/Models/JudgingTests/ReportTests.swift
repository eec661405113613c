// Reports: means, rounds, orders, intervals and comparisons against sums by hand.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Judging
import Testing

@Suite struct ReportTests {
  @Test func whatIsLeftOutIsCounted() throws {
    let report = try JudgeReport(
      try reviews([
        [
          reply(1, "8 9"), reply(2, "7 7"), reply(3, "x", category: "detail"), reply(4, "0 5"),
          reply(5, "10 5", category: "detail"), #"{"question_id":6,"score":[10,10]}"#,
        ]
      ]), noDraws)
    #expect(report.categories.map(\.category) == ["conv", "detail"])
    let (conv, detail) = (report.categories[0], report.categories[1])
    #expect([conv.reviews, conv.scored, conv.unparsed, conv.outOfRange] == [3, 2, 0, 1])
    #expect([detail.reviews, detail.scored, detail.unparsed, detail.outOfRange] == [2, 1, 1, 0])
    #expect([report.all.reviews, report.all.scored, report.all.questions] == [6, 4, 4])
    #expect(conv.means?.relative == 106.7 && detail.means?.relative == 50)
    #expect(report.all.means?.relative == 88.6)
    #expect(report.all.spread == nil && report.order == nil && conv.interval == nil)
  }

  @Test func nothingToCountIsAnError() throws {
    let failure = #expect(throws: Failure.self) {
      try JudgeReport(try reviews([[reply(1, "x"), reply(2, "nan 5")]]), noDraws)
    }
    #expect(failure?.code == "judge/none" && failure?.status == .invalidInput)
    let report = try JudgeReport(
      try reviews([[reply(1, "x"), reply(2, "5 5", category: "b")]]), noDraws)
    #expect(report.categories.map(\.category) == ["b", "conv"])
    #expect(report.categories[1].means == nil && report.categories[1].questions == 0)
  }

  @Test func repeatsSpread() throws {
    let lines = [
      reply(1, "10 6"), reply(1, "10 7", number: 2), reply(1, "10 8", number: 3),
      reply(2, "10 6"), reply(2, "10 7", number: 2), reply(2, "x", number: 3),
    ]
    let all = try JudgeReport(try reviews([lines]), noDraws).all
    #expect(all.rounds == [60, 70, 80])
    #expect(all.spread?.mean == 70 && all.spread?.deviation == 10)
    #expect(all.means?.relative == 68 && all.questions == 2)
  }

  @Test func theOrderHasItsPrice() throws {
    // Standing first is worth two points more than standing second, then nothing, then half of two.
    let lines = [
      reply(1, "9 7"), reply(1, "9 7", first: .candidate),
      reply(2, "5 8"), reply(2, "8 5", first: .candidate),
      reply(3, "5 5"), reply(3, "7 5", first: .candidate),
      reply(4, "9 1"), reply(4, "x", first: .candidate),
    ]
    let order = try #require(try JudgeReport(try reviews([lines]), noDraws).order)
    #expect(order.pairs == 3 && order.flips == 2)
    #expect(order.advantage == 1)
    // By order all count: 9 + 5 + 5 + 9 against 7 + 8 + 5 + 1, and 7 + 5 + 5 against 9 + 8 + 7.
    #expect(order.referenceFirst == 75 && order.candidateFirst == 141.2)
  }

  @Test func intervalsHoldTheScore() throws {
    let lines = (0..<40).map { reply($0, "8 \(4 + $0 % 5)") }
    let shuffled = (0..<40).map { lines[$0 * 7 % 40] }
    let bootstrap = Bootstrap(draws: 2000, seed: 1)
    let all = try JudgeReport(try reviews([lines]), bootstrap).all
    let interval = try #require(all.interval)
    // 6 of 8 points; the standard error of the mean is sqrt(2 / 40) = 0.2236 points, 2.795%.
    #expect(all.means?.relative == 75)
    #expect(abs(interval.low - (75 - 1.96 * 2.795)) < 0.6)
    #expect(abs(interval.high - (75 + 1.96 * 2.795)) < 0.6)
    #expect(try JudgeReport(try reviews([shuffled]), bootstrap).all.interval == interval)
    let other = try JudgeReport(try reviews([lines]), Bootstrap(draws: 2000, seed: 2)).all
    #expect(other.interval != interval && other.interval != nil)
    let equal = try JudgeReport(try reviews([[reply(1, "8 4"), reply(2, "8 4")]]), bootstrap).all
    #expect(equal.interval?.low == 50 && equal.interval?.high == 50)
    #expect(try JudgeReport(try reviews([[reply(1, "8 4")]]), bootstrap).all.interval == nil)
  }

  /// p by the binomial coefficients: 20 to 9 is 2 x sum(C(29, k), k <= 9) / 2^29.
  @Test(arguments: [
    (1, 0, 1.0), (2, 0, 0.5), (5, 0, 0.0625), (5, 5, 1.0), (9, 1, 0.021484375),
    (20, 9, 0.06142834573984146), (0, 2000, 0.0),
  ])
  func signsAreTested(_ wins: Int, _ losses: Int, _ p: Double) throws {
    let ours = (0..<wins + losses).map { reply($0, $0 < wins ? "8 9" : "8 2") }
    let theirs = (0..<wins + losses).map { reply($0, "8 5") }
    let all = try PairedComparison(try reviews([ours]), try reviews([theirs]), noDraws).all
    #expect(all.wins == wins && all.losses == losses && all.ties == 0)
    #expect(abs(all.p - p) < 1e-9)
  }

  @Test func twoModelsMeetOnSharedQuestions() throws {
    let ours = [
      reply(1, "8 6"), reply(1, "8 8", number: 2), reply(2, "8 5", category: "detail"),
      reply(3, "8 9"), reply(4, "x"),
    ]
    let theirs = [
      reply(2, "10 4", category: "detail"), reply(1, "10 7"), reply(5, "10 4"), reply(4, "8 8"),
    ]
    let comparison = try PairedComparison(
      try reviews([ours]), try reviews([theirs]), Bootstrap(draws: 100, seed: 0))
    #expect(comparison.onlyFirst == 1 && comparison.onlySecond == 2)
    let all = comparison.all
    #expect([all.questions, all.wins, all.ties, all.losses] == [2, 1, 1, 0])
    #expect(all.difference == 0.5 && all.interval?.low == 0 && all.interval?.high == 1)
    // 19 of 24 points against 11 of 20.
    #expect(abs(all.relative - (1900.0 / 24 - 55)) < 1e-9)
    #expect(comparison.categories.map(\.category) == ["conv", "detail"])
    #expect(comparison.categories[1].difference == 1 && comparison.categories[1].p == 1)
    #expect(comparison.hasSameOrders)
  }

  @Test(arguments: [
    ([reply(1, "8 8")], [reply(2, "8 8")], "found none"),
    ([reply(1, "8 8")], [reply(1, "8 8", category: "b")], "conv and b"),
    (
      [#"{"id":1,"reference_model":"A","text":"8 8"}"#],
      [#"{"id":1,"reference_model":"B","text":"8 8"}"#], "found A and B"
    ),
  ])
  func whatCannotBeComparedIsRefused(_ ours: [String], _ theirs: [String], _ message: String) throws
  {
    let failure = #expect(throws: Failure.self) {
      try PairedComparison(try reviews([ours]), try reviews([theirs]), noDraws)
    }
    #expect(failure?.status == .mismatch && failure?.code == "judge/against")
    #expect(failure?.message.contains(message) == true)
  }

  @Test func theReferencesSummaryIsPrinted() throws {
    var summary = ReferenceSummary(path: "dir/gpt4_text_x.jsonl")
    for line in [
      reply(1, "8 9", category: "b"), reply(2, "7 7", category: "a"), reply(3, "x", category: "a"),
      #"{"id":4,"score":[10,10]}"#,
    ] { summary.add(try JudgeReview(object(line))) }
    #expect(
      try summary.text() == """
        x
        a 100.0 30.0 30.0
        all 104.2 60.0 62.5
        b 112.5 80.0 90.0
        =================================

        """)
    var zero = ReferenceSummary(path: "z")
    zero.add(try JudgeReview(object(reply(1, "0 5"))))
    let failure = #expect(throws: Failure.self) { try zero.text() }
    #expect(failure?.code == "judge/zero")
  }
}
