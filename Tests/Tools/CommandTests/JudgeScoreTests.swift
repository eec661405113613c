// llava-eval judge score as a process: tables, objects, the reference's lines, and hostile replies.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct JudgeScoreTests {
  /// What a judge that scores the candidate lower each time replies to the requests of the bench.
  private static let judge = #"""
    import json, sys
    for line in sys.stdin:
        r = json.loads(line)
        ref, cand = 8, 7 - r["question_id"] + r["repeat"]
        pair = (ref, cand) if r["first"] == "reference" else (cand, ref)
        del r["messages"]
        print(json.dumps({**r, "text": "%d %d\nBecause." % pair, "finish_reason": "stop"}))
    """#

  /// Reviews of questions 1 to `count` that give 8 and `candidate`.
  private static func replies(_ count: Int, _ candidate: (Int) -> String) -> String {
    (1...count).map {
      #"{"id":"\#($0)","question_id":\#($0),"category":"\#($0 % 2 == 0 ? "conv" : "detail")","#
        + #""text":"8 \#(candidate($0))\nwhy"}"# + "\n"
    }.joined()
  }

  @Test(.enabled(if: hasPython, "python3 is not installed"))
  func requestsBecomeScores() throws {
    let directory = try JudgeTests.bench()
    try directory.write(Self.judge, to: "judge.py")
    let result = try Shell.bash(
      """
      llava-eval judge prompt --questions q --reference r --candidate c --swap --repeat 3 |
        python3 judge.py | tee replies | llava-eval judge score - --json
      """, in: directory)
    #expect(result.status == 0 && result.errors == "")
    let found = try #require(try result.objects().first)
    let all = try #require(found["all"]?.object)
    // The candidate gets 7, 6 and 5 for the three questions at first, 1 more each time.
    #expect(all["repeats"] == .array([.double(75), .double(87.5), .double(100)]))
    #expect(all["relative"] == .double(87.5) && all["repeats_deviation"] == .double(12.5))
    #expect(all["reviews"] == .int(18) && all["questions"] == .int(3))
    #expect(found["candidate_model"]?.string == "tiny")
    #expect(found["order"]?.object?["advantage"] == .double(0))
    #expect(found["categories"]?.array?.count == 3)
  }

  @Test func tablesCountEverything() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      Self.replies(6) { ["9", "7", "x", "11", "8", "8"][$0 - 1] }
        + #"{"id":"7","skipped":{"code":"chat/http","message":"500"}}"# + "\n"
        + #"{"id":"8","messages":[{"role":"user","content":"x"}]}"# + "\n"
        + #"{"id":"1","question_id":1,"text":"1 1"}"# + "\n{bad\n", to: "a.jsonl")
    let result = try Shell.bash(
      "llava-eval judge score a.jsonl --bootstrap 0 --details d", in: directory)
    #expect(result.status == 1)
    #expect(
      result.text.hasPrefix(
        """
        4 of 6 reviews scored, 1 unparsed, 1 out of range; 4 records skipped

        category  questions  scored  relative  reference  candidate
        conv              2       2      93.8       80.0       75.0
        detail            2       2     106.2       80.0       85.0
        all               4       4     100.0       80.0       80.0

        """), "\(result.text)")
    #expect(result.errors.hasSuffix("llava-eval: 4 done, 6 skipped\n"))
    for message in [
      "line 3 id=3: expected a first line of two scores, such as `7 9`, found `8 x`",
      "line 8 id=8: expected a reply with a member `text`: skipped (this is a request",
      "line 9 id=1: a review of question 1", "line 10",
    ] { #expect(result.errors.contains(message), "\(message)\n\(result.errors)") }
    let details = try Shell.bash("cat d", in: directory).objects()
    #expect(
      details.map { $0["outcome"]?.string } == [
        "scored", "scored", "unparsed", "out-of-range", "scored", "scored",
      ])
    #expect(details[0]["candidate"] == .double(9) && details[2]["candidate"] == nil)
  }

  @Test func compatPrintsTheReferencesLines() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.replies(4) { ["9", "7", "x", "12"][$0 - 1] }, to: "gpt4_text_b.jsonl")
    try directory.write(
      #"{"question_id":1,"text":"x","score":[7.5,8]}"# + "\n", to: "a.jsonl")
    let result = try Shell.bash(
      "llava-eval judge score gpt4_text_b.jsonl a.jsonl --compat", in: directory)
    let line = String(repeating: "=", count: 33)
    #expect(result.status == 0)
    #expect(
      result.text
        == "a\nall 106.7 75.0 80.0\n\(line)\nb\nall 117.4 57.5 67.5\nconv 118.8 80.0 95.0\n"
        + "detail 114.3 35.0 40.0\n\(line)\n")
    #expect(result.errors.contains("gpt4_text_b.jsonl: 1 review without two scores averaged in"))
  }

  @Test func notANumberPoisonsTheReferenceAlone() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.replies(2) { ["nan", "8"][$0 - 1] }, to: "a.jsonl")
    let compat = try Shell.bash("llava-eval judge score a.jsonl --compat", in: directory)
    #expect(compat.text.contains("all nan 80.0 nan\n") && compat.status == 0)
    let ours = try Shell.bash("llava-eval judge score a.jsonl --json", in: directory)
    #expect(ours.status == 1)
    let all = try #require(try ours.objects().first?["all"]?.object)
    #expect(all["relative"] == .double(100) && all["unparsed"] == .int(1))
  }

  @Test func twoModelsAreCompared() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.replies(20) { $0 == 7 ? "5" : "7" }, to: "a.jsonl")
    try directory.write(Self.replies(20) { $0 == 7 ? "6" : "5" }, to: "b.jsonl")
    let command = "llava-eval judge score a.jsonl --against b.jsonl"
    let table = try Shell.bash(command, in: directory)
    #expect(table.status == 0)
    #expect(
      table.text.contains("compared with b.jsonl: 20 questions in both, 0 only here, 0 only there"))
    let json = try #require(
      try Shell.bash("\(command) --json", in: directory).objects().first?["against"]?.object)
    let all = try #require(json["all"]?.object)
    #expect(all["difference"] == .double(1.85))
    // 138 and 101 of 160 points.
    #expect(all["relative"] == .double(23.12))
    #expect([all["wins"], all["ties"], all["losses"]] == [.int(19), .int(0), .int(1)])
    #expect(all["p"] == .double(0.00004))
    #expect(try Shell.bash(command, in: directory).output == table.output)
    try directory.write(
      Self.replies(20) { "\(2 + $0 * 7 % 8).\(10 + $0 * 37 % 90)" }, to: "b.jsonl")
    let seeded = try [0, 0, 5].map { try Shell.bash("\(command) --seed \($0)", in: directory).text }
    #expect(seeded[0] == seeded[1] && seeded[0] != seeded[2])
  }

  @Test(
    arguments: [
      ("", 3, "expected reviews, found none"), ("\n", 3, "expected reviews, found none"),
      ("hello\n", 3, "found none among 0 reviews"),
      (#"{"question_id":1,"text":"8,  9"}"# + "\n", 3, "found none among 1 review"),
      (#"{"question_id":1,"text":"nan inf"}"# + "\n", 3, "found none among 1 review"),
      (#"{"question_id":1,"text":"1e400 1e-400"}"# + "\n", 3, "found none among 1 review"),
      (#"{"question_id":1,"category":"a","tuple":[NaN,5]}"# + "\n", 3, "found NaN"),
      (
        #"{"question_id":1,"category":"all","text":"8 9"}"# + "\n", 3, "another category than `all`"
      ),
      (#"{"question_id":{},"text":"8 9"}"# + "\n", 3, "`question_id` or `id`"),
      (#"{"question_id":1,"repeat":99999999999999999999,"text":"8 9"}"# + "\n", 3, "`repeat`"),
    ] as [(String, Int32, String)])
  func whatHoldsNoReviewGivesNoNumber(_ input: String, _ status: Int32, _ message: String) throws {
    let result = try Shell.bash("llava-eval judge score -", input: Array(input.utf8))
    #expect(result.status == status && result.output.isEmpty, "\(result.text)")
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func unevenRepeatsAndOrdersAreWarnedOf() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.replies(4) { _ in "7" }, to: "a.jsonl")
    try directory.write(Self.replies(1) { _ in "7" }, to: "b.jsonl")
    let uneven = try Shell.bash("llava-eval judge score a.jsonl b.jsonl", in: directory)
    #expect(uneven.status == 0 && uneven.errors.contains("different numbers of reviews, 1 to 4"))
    let even = try Shell.bash(
      "cp a.jsonl again.jsonl; llava-eval judge score a.jsonl again.jsonl", in: directory)
    #expect(even.errors == "" && even.text.contains("87.5 ± 0.0"))
    try directory.write(
      #"{"question_id":1,"category":"detail","first":"candidate","text":"8 7"}"# + "\n",
      to: "c.jsonl")
    let orders = try Shell.bash("llava-eval judge score a.jsonl --against c.jsonl", in: directory)
    #expect(orders.errors.contains("orders"))
  }

  @Test func mixedModelsAreNotAveraged() throws {
    let line = { (id: Int, name: String) in
      #"{"question_id":\#(id),"candidate_model":"\#(name)","text":"8 9"}"# + "\n"
    }
    let result = try Shell.bash(
      "llava-eval judge score -", input: Array((line(1, "A") + line(2, "B")).utf8))
    #expect(result.status == 6 && result.output.isEmpty)
    #expect(result.errors.contains("expected reviews of one candidate, found A and B"))
  }

  @Test func namesDoNotSteerTheTerminal() throws {
    let line = #"{"question_id":1,"category":"a\u001b[31m\nb","text":"8 9"}"# + "\n"
    let result = try Shell.bash("llava-eval judge score -", input: Array(line.utf8))
    #expect(result.status == 0 && result.text.contains("a\\u{1b}[31m\\nb"))
  }
}

private let hasPython = (try? Shell.bash("command -v python3").status) == 0
