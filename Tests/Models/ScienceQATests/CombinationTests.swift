// Two models' answers joined, against sums made by hand.
// SPDX-License-Identifier: Apache-2.0
import Chat
import JSON
import ScienceQA
import Testing

@Suite struct CombinationTests {
  /// The right answer is B. Ours, the other's, the judge's; nil is a missing answer.
  private static let cases: [(String?, String?, String?)] = [
    ("B", "B", nil),  // all right
    ("B", "cannot", nil),  // the other has none: ours
    ("A", "cannot", "B"),  // a judge's answer counts where it was not asked for, as the reference's
    ("B", "C", "B"),  // the judge is for ours
    ("A", "B", "B"),  // the judge is for the other
    ("B", "A", "no idea"),  // the judge cannot be read: ours
    ("A", "E", nil),  // beyond the choices is an answer, a wrong one
    (nil, "B", "B"), (nil, nil, nil),
  ]

  private func sums(_ scheme: CombinationScheme) throws -> Combination {
    var sums = Combination(scheme)
    for (ours, other, judge) in Self.cases {
      let problem = try sorted()
      let judged = try [ours, other, judge].map { text in
        Judging().judge(try text.map { try given($0) }, to: problem)
      }
      sums.add(.init(ours: judged[0], other: judged[1], judge: judged[2]), to: problem)
    }
    return sums
  }

  private func given(_ text: String) throws -> GivenAnswer {
    var sheet = AnswerSheet(for: try problemSet(["1": entry()]), name: "answers")
    try sheet.add(.init(["id": .string("1"), "text": .string(text)], number: 1))
    return try #require(sheet["1"])
  }

  @Test(arguments: CombinationScheme.allCases)
  func figures(scheme: CombinationScheme) throws {
    let sums = try sums(scheme)
    #expect(sums.ours.correct == 4 && sums.ours.count == 9)
    #expect(sums.other.correct == 3 && sums.other.count == 9)
    #expect(sums.complement.correct == 4)
    #expect(sums.upperBound.correct == 6)
    #expect(sums.otherWithoutAnswer == 3 && sums.oursWithoutAnswer == 2)
    #expect(sums.different == 5)
    // The judge's: cases 1, 2, 3, 4, 5, 6 and 8.
    #expect(sums.table[.all].correct == (scheme == .judge ? 7 : 4))
    #expect(sums.unjudged == 2)
  }

  @Test func requestsHoldBothAnswers() throws {
    let problem = try Problem(id: "7", entry(["image": .string("image.png")]))
    let request = JudgeRequest.make(problem, ours: "First.", other: "Second.")
    #expect(request["id"] == .string("7"))
    let messages = try ChatRequest.messages(of: request)
    #expect(messages.map(\.role) == [.system, .user])
    let text = messages[1].content
    for part in ["Which?\nContext: N/A\n", "Answer 1: First.\n", "Answer 2: Second.\n", "picture"] {
      #expect(text.contains(part))
    }
    let blind = JudgeRequest.make(try Problem(id: "7", entry()), ours: "a", other: "b")
    #expect(try !ChatRequest.messages(of: blind)[1].content.contains("picture"))
  }
}
