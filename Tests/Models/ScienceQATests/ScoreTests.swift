// Columns, sums and random picks, on problems small enough to be counted by hand.
// SPDX-License-Identifier: Apache-2.0
import JSON
import ScienceQA
import Testing

@Suite struct ScoreTests {
  private func answer(_ text: String, prompt: String? = nil) throws -> GivenAnswer {
    let set = try problemSet(["1": entry()])
    var sheet = AnswerSheet(for: set, name: "answers")
    var object: JSONObject = ["id": .string("1"), "text": .string(text)]
    object["prompt"] = prompt.map(JSONValue.string)
    try sheet.add(.init(object, number: 1))
    return try #require(sheet["1"])
  }

  @Test func columnsCountByWhatAProblemHas() throws {
    func columns(_ members: [String: JSONValue?]) throws -> [String] {
      let problem = try sorted(members)
      return Column.allCases.filter { $0.counts(problem) }.map(\.rawValue)
    }
    #expect(try columns([:]) == ["NAT", "NO", "G1-6", "Avg"])
    #expect(
      try columns(["hint": .string(" "), "image": .string("i"), "grade": .string("grade7")])
        == ["NAT", "TXT", "IMG", "G7-12", "Avg"])
    #expect(
      try columns(["subject": .string("social science"), "grade": .string("grade6")])
        == ["SOC", "NO", "G1-6", "Avg"])
    #expect(
      try columns(["subject": .string("language science"), "grade": .string("grade12")])
        == ["LAN", "NO", "G7-12", "Avg"])
  }

  @Test func sumsAreRight() throws {
    let plain = try sorted()
    let seen = try sorted(["image": .string("i"), "grade": .string("grade9")], id: "2")
    var score = Score()
    let judging = Judging()
    for (problem, text) in [
      (plain, "B"), (plain, "E"), (plain, "?"), (seen, "B. y"), (seen, "The answer is A."),
    ] {
      let given = try answer(text)
      score.add(
        judging.judge(given, to: problem), to: problem,
        isMultimodal: Score.isMultimodal(given, to: problem))
    }
    score.add(judging.judge(nil, to: seen), to: seen, isMultimodal: false)
    #expect(score.table[.all].correct == 2 && score.table[.all].count == 6)
    #expect(score.table[.image].accuracy == 1.0 / 3 * 100)
    #expect(score.table[.neither].correct == 1 && score.table[.neither].count == 3)
    #expect(score.table[.social].accuracy == nil)
    #expect(score.multimodal.correct == 1 && score.multimodal.count == 2)
    #expect(score.count(.answered) == 3 && score.count(.beyondChoices) == 1)
    #expect(score.count(.notParsed) == 1 && score.count(.noAnswer) == 1)
    #expect(score.guessed == 0)
  }

  @Test func thePromptSaysWhetherAPictureWasSeen() throws {
    let (plain, seen) = (try sorted(), try sorted(["image": .string("i")]))
    #expect(try Score.isMultimodal(answer("A", prompt: "<image>\nQ"), to: plain))
    #expect(try !Score.isMultimodal(answer("A", prompt: "Q"), to: seen))
    #expect(try Score.isMultimodal(answer("A"), to: seen))
    #expect(!Score.isMultimodal(nil, to: seen))
  }

  @Test func guessesDependOnSeedAndProblemAlone() throws {
    let none = try answer("I cannot tell.")
    var counts = [0, 0, 0]
    for number in 0..<600 {
      let problem = try sorted(id: "\(number)")
      let judgement = Judging(guessSeed: 7).judge(none, to: problem)
      #expect(judgement == Judging(guessSeed: 7).judge(none, to: problem))
      #expect(judgement.isGuessed && judgement.outcome == .notParsed)
      counts[try #require(judgement.index)] += 1
    }
    // 600 draws of a third each: 200, give or take five standard deviations of 11.5.
    for count in counts { #expect(abs(count - 200) < 58) }
    let draws = Set(
      try (0..<40).map { seed in
        Judging(guessSeed: seed).judge(none, to: try sorted()).index
      })
    #expect(draws == [0, 1, 2])
  }

  @Test func onlyWhatCannotBeReadIsGuessed() throws {
    let problem = try sorted()
    let judging = Judging(guessSeed: 1)
    #expect(try judging.judge(answer("The answer is B."), to: problem).isCorrect)
    // The scripts of that time did not know a bare letter.
    #expect(try judging.judge(answer("B"), to: problem).isGuessed)
    let beyond = try judging.judge(answer("The answer is Q."), to: problem)
    #expect(beyond.isGuessed && beyond.outcome == .beyondChoices && beyond.index != nil)
    let missing = judging.judge(nil, to: problem)
    #expect(!missing.isGuessed && missing.index == nil && missing.outcome == .noAnswer)
  }
}
