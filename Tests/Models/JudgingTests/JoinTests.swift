// Questions, answers and contexts that do not belong together.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Judging
import Testing

@Suite struct JoinTests {
  private static func question(_ id: String) -> String {
    #"{"question_id":\#(id),"text":"q","category":"conv"}"#
  }

  private static func answer(_ id: String) -> String { #"{"question_id":\#(id),"text":"a"}"# }

  private static func join(_ asked: [String], _ first: [String], _ second: [String]) throws
    -> [JudgeTriple]
  {
    try JudgeFiles(
      questions: entries("q", asked), reference: entries("r", first),
      candidate: entries("c", second)
    ).joinedById()
  }

  @Test func idsJoinWhateverTheOrderAndTheKind() throws {
    let triples = try Self.join(
      [Self.question("1"), Self.question("2")], [Self.answer("2"), Self.answer("1")],
      [#"{"id":"2","text":"two"}"#, #"{"id":"1","text":"one"}"#])
    #expect(triples.map { $0.question.object["question_id"]?.int } == [1, 2])
    let rules = try JudgeRules(
      parsing: Array(#"{"conv":{"role":"A","prompt":"p"}}"#.utf8), name: "r")
    let requests = JudgeRequests(rules: rules, contexts: .none, settings: JudgeSettings())
    #expect(try requests.make(triples[0], id: "1")[0].serialized.contains("one"))
    #expect(try requests.make(triples[1], id: "2")[0].serialized.contains("two"))
  }

  /// What stands in the files, the code, and a part of the message.
  private static let misfits: [([String], [String], [String], String, String)] = [
    (["1", "2"], ["1"], ["1", "2"], "judge/ids", "the reference's answers"),
    (["1", "2"], ["1", "2"], ["1"], "judge/ids", "1 of 2 questions have no answer, such as 2"),
    (["1"], ["1", "3"], ["1"], "judge/ids", "1 of 2 answers have no question, such as 3"),
    (["1"], ["1"], ["\"01\""], "judge/ids", "such as 1"),
    (["1", "\"1\""], ["1"], ["1"], "judge/duplicate", "the question 1 stands at q: line 1"),
    (["1"], ["1", "1"], ["1"], "judge/duplicate", "the reference's answer to question 1"),
    (["1"], ["1"], ["1", "\"1\""], "judge/duplicate", "the candidate's answer"),
    (["null"], ["1"], ["1"], "judge/id", "`question_id` or `id`"),
    (["1"], ["true"], ["1"], "judge/id", "`question_id`"),
    (["1"], ["1"], ["\"\""], "judge/id", "`question_id`"),
    (["1"], ["1"], ["[1]"], "judge/id", "`question_id`"),
    // Two spellings of an accented letter are two ids.
    (["\"é\""], ["\"é\""], ["\"e\u{301}\""], "judge/ids", "1 of 1 questions"),
  ]

  @Test(arguments: misfits.indices)
  func filesThatDoNotBelongTogetherAreRefused(_ index: Int) throws {
    let (asked, first, second, code, message) = Self.misfits[index]
    let failure = #expect(throws: Failure.self) {
      try Self.join(
        asked.map(Self.question), first.map(Self.answer), second.map(Self.answer))
    }
    #expect(failure?.code == code)
    #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
  }

  @Test func questionsAreNoAnswers() throws {
    let asked = [1, 2].map { #"{"question_id":\#($0),"text":"q\#($0)","category":"conv"}"# }
    let failure = #expect(throws: Failure.self) {
      try Self.join(asked, asked.map { $0.replacing("q1", with: "a") }, asked)
    }
    #expect(failure?.message.contains("found the questions themselves") == true)
    #expect(failure?.remedy?.contains("--candidate") == true)
  }

  @Test func linesJoinWhatTheyHold() throws {
    let files = JudgeFiles(
      questions: try entries("q", ["1", "2", "3"].map { Self.answer($0) }),
      reference: try entries("r", ["1", "3", "2"].map(Self.answer)),
      candidate: try entries("c", ["1", "2"].map(Self.answer)))
    let (triples, mismatches) = try files.joinedByLine()
    #expect(triples.count == 2 && mismatches == 1)
  }

  @Test(arguments: [
    (#"{"question_id":1,"category":"conv"}"#, "judge/question"),
    (#"{"question_id":1,"category":"conv","text":7}"#, "judge/question"),
    (#"{"question_id":1,"text":"q"}"#, "judge/question"),
    (#"{"question_id":1,"text":"q","category":null}"#, "judge/question"),
    (#"{"question_id":1,"text":"q","category":["conv"]}"#, "judge/question"),
    (#"{"question_id":1,"text":"q","category":""}"#, "judge/question"),
    (#"{"question_id":1,"text":"q","category":"novel"}"#, "judge/category"),
    (#"{"question_id":1,"text":"q","category":"conv"}"#, "judge/context"),
    (#"{"question_id":1,"text":"q","category":"conv","image":["a"]}"#, "judge/context"),
    (#"{"question_id":1,"text":"q","category":"conv","image":"b"}"#, "judge/context"),
  ])
  func questionsThatLackSomethingAreRefused(_ line: String, _ code: String) throws {
    try Self.expect(code, question: line)
  }

  @Test(arguments: [
    (#"{"question_id":1}"#, "judge/answer"), (#"{"question_id":1,"text":null}"#, "judge/answer"),
    (#"{"question_id":1,"text":["a"]}"#, "judge/answer"),
    (#"{"question_id":1,"messages":[]}"#, "judge/answer"),
    (#"{"question_id":1,"text":"a","skipped":{"code":"image/cut","message":"m"}}"#, "image/cut"),
  ])
  func answersThatAreNoneAreRefused(_ line: String, _ code: String) throws {
    try Self.expect(code, candidate: line)
  }

  /// The code of the failure for one question with a context of image `a`.
  private static func expect(
    _ code: String,
    question: String = #"{"question_id":1,"text":"q","category":"conv","image":"a"}"#,
    candidate: String = answer("1")
  ) throws {
    let triple = try #require(try join([question], [answer("1")], [candidate]).first)
    let rules = try JudgeRules(
      parsing: Array(#"{"conv":{"role":"A","prompt":"p"}}"#.utf8), name: "r")
    let contexts = try JudgeContexts(
      try entries("x", [#"{"image":"a","captions":["c"],"instances":[]}"#]), lastCounts: false)
    let requests = JudgeRequests(rules: rules, contexts: contexts, settings: JudgeSettings())
    let failure = #expect(throws: Failure.self) { try requests.make(triple, id: "1") }
    #expect(failure?.code == code)
    #expect(failure?.spoilsRecordOnly == true)
  }

  @Test(arguments: [
    #"{"captions":["a"],"instances":[]}"#, #"{"image":1,"captions":["a"],"instances":[]}"#,
    #"{"image":"a"}"#, #"{"image":"a","captions":[],"instances":[]}"#,
    #"{"image":"a","captions":"one","instances":[]}"#, #"{"image":"a","captions":["a"]}"#,
    #"{"image":"a","captions":["a",1],"instances":[]}"#,
    #"{"image":"a","captions":["a"],"instances":[1]}"#,
    #"{"image":"a","captions":["a"],"instances":[{"category":"x"}]}"#,
    #"{"image":"a","captions":["a"],"instances":[{"category":"x","bbox":[1,2,3]}]}"#,
    #"{"image":"a","captions":["a"],"instances":[{"category":"x","bbox":[1,2,3,"4"]}]}"#,
    #"{"image":"a","captions":["a"],"instances":[{"category":"x","bbox":[1,2,3,1e999]}]}"#,
    #"{"image":"a","captions":["a"],"instances":[{"category":"x","bbox":[1,2,3,4,5]}]}"#,
    #"{"image":"a","caption":[]}"#, #"{"image":"a","caption":3}"#,
    #"{"image":"a","caption":"x","captions":["y"],"instances":[]}"#,
  ])
  func contextsOfAnotherFormAreRefused(_ line: String) throws {
    let failure = #expect(throws: Failure.self) {
      try JudgeContexts(try entries("x", [line]), lastCounts: true)
    }
    #expect(failure?.code == "judge/context" && failure?.place == "x: line 1")
  }

  @Test func contextsAreOfOneKindAndStandOnce() throws {
    let (one, other) = (#"{"image":"a","caption":"1"}"#, #"{"image":"a","caption":"2"}"#)
    let twice = #expect(throws: Failure.self) {
      try JudgeContexts(try entries("x", [one, other]), lastCounts: false)
    }
    #expect(twice?.code == "judge/duplicate" && twice?.place == "x: line 2")
    #expect(try JudgeContexts(try entries("x", [one, other]), lastCounts: true).variant == .bench)
    let mixed = #expect(throws: Failure.self) {
      try JudgeContexts(
        try entries("x", [one, #"{"image":"b","captions":["c"],"instances":[]}"#]),
        lastCounts: false)
    }
    #expect(mixed?.status == .mismatch)
  }
}

extension JSONObject {
  fileprivate var serialized: String { JSONValue.object(self).serializedString }
}
