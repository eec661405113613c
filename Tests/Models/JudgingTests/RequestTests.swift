// Requests to a judge against texts that Python put together.
// SPDX-License-Identifier: Apache-2.0
import Chat
import Foundation
import InputOutput
import JSON
import Judging
import TestSupport
import Testing

@Suite struct RequestTests {
  private static let names = ["text", "visual", "bench"]

  private struct Case {
    let files: JudgeFiles
    let contexts: JudgeContexts
    let rules: JudgeRules
    let expected: [JSONObject]

    init(_ name: String) throws {
      let all = try #require(try json("\(golden)/judge-golden.json").object)
      let wanted = try #require(
        all["cases"]?.array?.compactMap(\.object).first { $0["name"]?.string == name })
      func lines(_ member: String) throws -> [JudgeEntry] {
        try entries(member, try #require(wanted[member]?.array).map(\.serializedString))
      }
      files = JudgeFiles(
        questions: try lines("questions"), reference: try lines("reference"),
        candidate: try lines("candidate"))
      let context = try #require(wanted["context"]?.array).compactMap(\.string)
      contexts =
        context.isEmpty
        ? .none : try JudgeContexts(try entries("context", context), lastCounts: false)
      rules = try JudgeRules(
        parsing: try #require(all["rules"]).serialized(), name: "rule.json")
      expected = try #require(wanted["expected"]?.array).compactMap(\.object)
    }

    func requests(_ settings: JudgeSettings) throws -> [[JSONObject]] {
      let requests = JudgeRequests(rules: rules, contexts: contexts, settings: settings)
      return try files.joinedById().map { try requests.make($0, id: "q") }
    }
  }

  @Test(arguments: names)
  func theJudgeReadsWhatTheReferencePutsTogether(name: String) throws {
    let made = try Case(name)
    var settings = JudgeSettings()
    settings.orders = [.reference, .candidate]
    let found = try made.requests(settings)
    #expect(found.count == 3 && made.expected.count == 3)
    for (pair, expected) in zip(found, made.expected) {
      try #require(pair.count == 2)
      let straight = try ChatRequest.messages(of: pair[0])
      let exchanged = try ChatRequest.messages(of: pair[1])
      for (messages, member) in [(straight, "user"), (exchanged, "swapped")] {
        #expect(messages.map(\.role) == [.system, .user])
        for (message, text) in zip(messages, [expected["system"], expected[member]]) {
          #expect(JSONValue.string(message.content) == text, "\(message.content)")
        }
      }
      for member in ["question_id", "category", "answer1_id", "answer2_id"] {
        #expect(pair[0][member] == expected[member], "\(member)")
      }
      #expect(pair[1]["answer1_id"] == expected["answer2_id"])
      #expect(pair.map { $0["first"]?.string } == ["reference", "candidate"])
    }
  }

  @Test func requestsSayHowToAnswer() throws {
    var settings = JudgeSettings()
    (settings.repeats, settings.seed) = (3, 40)
    (settings.referenceModel, settings.candidateModel) = ("gpt", "llava")
    settings.orders = [.reference, .candidate]
    let requests = try #require(try Case("text").requests(settings).first)
    #expect(
      requests.map { $0["id"]?.string } == [
        "q-reference-1", "q-candidate-1", "q-reference-2", "q-candidate-2", "q-reference-3",
        "q-candidate-3",
      ])
    #expect(requests.map { $0["seed"]?.int } == [40, 40, 41, 41, 42, 42])
    #expect(requests.map { $0["repeat"]?.int } == [1, 1, 2, 2, 3, 3])
    #expect(requests[0]["temperature"]?.double == 0.2 && requests[0]["max_tokens"] == .int(1024))
    #expect(requests[5]["reference_model"]?.string == "gpt")
    #expect(requests[5]["candidate_model"]?.string == "llava")
    let single = try #require(try Case("text").requests(JudgeSettings()).first)
    #expect(single.count == 1 && single[0]["id"]?.string == "q" && single[0]["seed"] == nil)
  }

  /// Records that instruct-gen made of a teacher's replies are questions with its answers.
  @Test func llavaRecordsHaveQuestionsAndAnswers() throws {
    let record =
      #"{"id":"a","image":"a.jpg","conversations":[{"from":"human","value":"<image>\nQ1"},"#
      + #"{"from":"gpt","value":"A1"},{"from":"human","value":"Q2\n<image>"},"#
      + #"{"from":"gpt","value":"A2"}],"type":"conversation"}"#
    let answer = #"{"id":"a","conversations":[{"from":"gpt","value":"A1"}],"text":"ours"}"#
    let context = try JudgeContexts(
      try entries("context", [#"{"image":"a.jpg","captions":["c"],"instances":[]}"#]),
      lastCounts: false)
    let files = JudgeFiles(
      questions: try entries("questions", [record]), reference: try entries("teacher", [record]),
      candidate: try entries("answers", [answer]))
    let rules = try JudgeRules(
      parsing: Array(#"{"conv":{"role":"R","prompt":"P"}}"#.utf8), name: "rules")
    let requests = JudgeRequests(rules: rules, contexts: context, settings: JudgeSettings())
    let made = try requests.make(try #require(files.joinedById().first), id: "q")
    let request = try #require(made.first)
    let message = try #require(try ChatRequest.messages(of: request).last)
    #expect(message.content.contains("[Question]\nQ2\n\n[R 1]\nA2\n\n[End of R 1]"))
    #expect(message.content.contains("[R 2]\nours\n\n[End of R 2]"))
    #expect(request["category"]?.string == "conv")
  }

  /// The rubrics that come along: every key of the reference's, and a format that can be parsed.
  @Test func ourRubricsAreComplete() throws {
    let path = "\(packageRoot)/examples/rubrics/rules.json"
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let rules = try JudgeRules(parsing: bytes, name: path)
    let keys: [(String, JudgeVariant)] = [
      ("coding", .text), ("math", .text), ("default", .text), ("conv", .visual),
      ("detail", .visual), ("complex", .visual), ("conv", .bench), ("detail", .bench),
      ("complex", .bench),
    ]
    for (key, variant) in keys {
      let (category, rule) = try rules.rule(for: key, variant)
      #expect(category == (variant == .bench ? "llava_bench_\(key)" : key))
      #expect(rule.role == "Assistant")
      #expect(rule.prompt.contains("first line") && rule.prompt.contains("one space"))
      #expect(rule.prompt.contains("1 to 10"))
      #expect(rule.prompt.contains("[Context]") == (variant != .text))
    }
    #expect(try rules.rule(for: "fermi", .text).category == "fermi")
    #expect(try rules.rule(for: "fermi", .text).rule == rules.rule(for: "default", .text).rule)
    #expect(!rules.system.contains("helpful and precise assistant"))
  }

  @Test(arguments: [
    "", "[]", "{}", "{\"a\":1}", "{\"a\":{\"role\":\"A\"}}",
    "{\"a\":{\"role\":1,\"prompt\":\"x\"}}",
    "{\"system\":\"only\"}", "{\"system\":5}", "nonsense",
  ])
  func rulesOfAnotherLayoutAreRefused(text: String) {
    let failure = #expect(throws: Failure.self) {
      try JudgeRules(parsing: Array(text.utf8), name: "rules.json")
    }
    #expect(failure?.code == "judge/rules" && failure?.place?.hasPrefix("rules.json") == true)
  }

  @Test func aMissingRuleIsNamed() throws {
    let rules = try JudgeRules(
      parsing: Array(#"{"conv":{"role":"A","prompt":"p"}}"#.utf8), name: "r")
    for (variant, name) in [(JudgeVariant.text, "x"), (.visual, "x"), (.bench, "llava_bench_x")] {
      let failure = #expect(throws: Failure.self) { try rules.rule(for: "x", variant) }
      #expect(failure?.code == "judge/category")
      #expect(failure?.message.contains("`\(name)`") == true)
    }
  }
}
