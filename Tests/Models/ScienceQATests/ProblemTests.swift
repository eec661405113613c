// Problems, splits and answer files: what is taken, and what is refused in which words.
// SPDX-License-Identifier: Apache-2.0
import JSON
import Records
import ScienceQA
import Testing

@Suite struct ProblemTests {
  @Test(
    arguments: [
      (["question": nil], "`question` to be a text, found none"),
      (["question": .int(3)], "`question` to be a text, found the number 3"),
      (["choices": nil], "`choices` to be a list of texts, found none"),
      (["choices": .string("a")], "`choices` to be a list of texts, found a text"),
      (["choices": .array([.int(1)])], "list of texts alone"),
      (["choices": .array([])], "1 to 5 choices, found 0"),
      (["choices": .array([JSONValue](repeating: .string("a"), count: 6))], "5 choices, found 6"),
      (["answer": nil], "`answer` to be the number of a choice, from 0, found none"),
      (["answer": .string("B")], "from 0, found a text"),
      (["answer": .double(1.5)], "found the number 1.5"),
      (["answer": .int(3)], "answer 3 is none of its 3 choices"),
      (["answer": .int(-1)], "answer -1 is none"),
      (["hint": nil], "`hint`"), (["hint": .null], "found null"), (["image": nil], "`image`"),
      (["image": .string("")], "file's name or null, found an empty text"),
      (["image": .array([])], "found a list"), (["lecture": nil], "`lecture`"),
      (["solution": .bool(true)], "found true or false"),
    ] as [([String: JSONValue?], String)])
  func aBrokenProblemIsNamed(members: [String: JSONValue?], message: String) throws {
    let found = try #require(failure { _ = try Problem(id: "17", entry(members)) })
    #expect(found.code == "scienceqa/problem" && found.status == .invalidInput)
    #expect(found.message.hasPrefix("problem 17: ") && found.message.contains(message))
  }

  @Test(
    arguments: [
      (["subject": nil], "`subject`"), (["subject": .string("science")], "found science"),
      (["grade": .string("grade13")], "grade1 to grade12, found grade13"),
      (["grade": .int(3)], "`grade`"), (["grade": .string("grade0")], "found grade0"),
      (["answer": .int(9)], "answer 9"),
    ] as [([String: JSONValue?], String)])
  func aProblemThatFitsNoColumnIsNamed(members: [String: JSONValue?], message: String) throws {
    let found = try #require(failure { _ = try sorted(members) })
    #expect(found.code == "scienceqa/problem" && found.message.contains(message))
  }

  @Test func picturesLieInTheProblemsFolder() throws {
    func path(_ id: String, _ image: JSONValue) throws -> String? {
      try Problem(id: id, entry(["image": image])).imagePath
    }
    #expect(try path("3", .string("image.png")) == "3/image.png")
    #expect(try path("3", .null) == nil)
    #expect(try path("3/", .string("a")) == "3/a")
    #expect(try path("3", .string("/a")) == "/a")
    #expect(try path("", .string("a")) == "a")
  }

  @Test func splitsChooseInTheirOrder() throws {
    let other = entry(["split": .string("train")])
    let entries: KeyValuePairs = ["1": entry(), "2": other, "3": entry()]
    #expect(try problemSet(entries).ids == ["1", "2", "3"])
    #expect(try problemSet(entries, split: "test").ids == ["1", "3"])
    let lists =
      #"{"test":["3","1"],"minival":[2],"none":[],"odd":[true],"far":["9"],"two":["1","1"]}"#
    #expect(try problemSet(entries, splits: lists, split: "test").ids == ["3", "1"])
    #expect(try problemSet(entries, splits: lists, split: "minival").ids == ["2"])
    for (split, code) in [
      ("none", "scienceqa/problems"), ("odd", "scienceqa/split"), ("far", "scienceqa/split"),
      ("two", "scienceqa/split"), ("val", "scienceqa/split"),
    ] {
      let found = failure { _ = try problemSet(entries, splits: lists, split: split) }
      #expect(found?.code == code, "\(split)")
    }
    #expect(
      failure { _ = try problemSet(entries, split: "val") }?.message.contains("test, train") == true
    )
    #expect(
      failure { _ = try problemSet(["1": entry(["split": nil])], split: "test") }?.code
        == "scienceqa/split")
    #expect(failure { _ = try problemSet([:]) }?.code == "scienceqa/problems")
    #expect(
      failure { _ = try ProblemSet(NamedDocument(.array([]), name: "a")) }?.code
        == "scienceqa/problems")
  }

  private func add(_ texts: String...) throws -> AnswerSheet {
    var sheet = AnswerSheet(for: try problemSet(["1": entry(), "é": entry()]), name: "answers")
    for (index, text) in texts.enumerated() {
      let object = try #require(try value(text).object)
      try sheet.add(Record(object, number: index + 1, place: "answers: line \(index + 1)"))
    }
    return sheet
  }

  @Test func answersAreFoundByTextOrNumber() throws {
    #expect(try add(#"{"id":1,"text":"A"}"#)["1"]?.text == "A")
    #expect(try add(#"{"question_id":"1","text":"A","prompt":"Q"}"#)["1"]?.prompt == "Q")
    let skipped = try add(#"{"id":"1","skipped":{"code":"a/b","message":"m"}}"#)
    #expect(skipped["1"] == nil && skipped.skipped == 1 && skipped.count == 0 && !skipped.isEmpty)
    let outputs = try add(#"{"acc":1,"outputs":{"1":"A","é":"B"}}"#)
    #expect(outputs.count == 2 && outputs["é"]?.text == "B" && outputs["e\u{301}"] == nil)
  }

  @Test(arguments: [
    ([#"{"text":"A"}"#], "scienceqa/answer"), ([#"{"id":null,"text":"A"}"#], "scienceqa/answer"),
    ([#"{"id":"1"}"#], "scienceqa/answer"), ([#"{"id":"1","text":null}"#], "scienceqa/answer"),
    ([#"{"id":"2","text":"A"}"#], "scienceqa/unknown-id"),
    ([#"{"id":1.0,"text":"A"}"#], "scienceqa/unknown-id"),
    ([#"{"id":"1","text":"A"}"#, #"{"id":1,"text":"A"}"#], "scienceqa/duplicate-id"),
    ([#"{"id":"1","skipped":{"code":"a"}}"#, #"{"id":"1","text":"A"}"#], "scienceqa/duplicate-id"),
    ([#"{"outputs":{"1":7}}"#], "scienceqa/answer"),
    ([#"{"outputs":{"2":"A"}}"#], "scienceqa/unknown-id"),
  ])
  func whatIsNoAnswerIsRefused(texts: [String], code: String) throws {
    let found = failure {
      _ = try texts.count == 1 ? add(texts[0]) : add(texts[0], texts[1])
    }
    #expect(found?.code == code)
    #expect(found?.place?.contains("answers: line \(texts.count)") == true)
    #expect(found?.status == (code == "scienceqa/answer" ? .invalidInput : .mismatch))
  }
}
