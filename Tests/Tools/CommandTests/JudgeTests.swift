// llava-eval judge as a process: requests made of files, replies summed up, what is wrong told in a line.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct JudgeTests {
  private static let prompt =
    "llava-eval judge prompt --questions q --reference r --candidate c"

  /// Three questions about two images, answers in another order, contexts of both kinds.
  static func bench() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    let questions = [("1", "conv", "a"), ("2", "detail", "a"), ("3", "complex", "b")].map {
      #"{"question_id":\#($0),"category":"\#($1)","image":"\#($2).jpg","text":"Q\#($0)?"}"#
    }
    try directory.write(questions.joined(separator: "\n") + "\n", to: "q")
    try directory.write(
      (1...3).map { #"{"question_id":\#($0),"text":"ref \#($0)"}"# + "\n" }.joined(), to: "r")
    try directory.write(
      [3, 1, 2].map {
        #"{"id":"\#($0)","text":"cand \#($0)","answer_id":"x\#($0)","model_id":"tiny"}"# + "\n"
      }.joined(), to: "c")
    try directory.write(
      ["a", "b"].map {
        #"{"image":"\#($0).jpg","captions":["one","two"],"#
          + #""instances":[{"category":"cat","bbox":[0.0,0.5,1,0.25]}]}"# + "\n"
      }.joined(), to: "x")
    return directory
  }

  @Test func requestsFollowTheQuestions() throws {
    let directory = try Self.bench()
    let result = try Shell.bash("\(Self.prompt) --context x --swap --repeat 2", in: directory)
    #expect(result.status == 0 && result.errors == "")
    let made = try result.objects()
    #expect(made.count == 12 && Set(made.map { $0["id"]?.string }).count == 12)
    #expect(
      made[0]["reference_model"]?.string == "r" && made[0]["candidate_model"]?.string == "tiny")
    let texts = made.map { $0["messages"]?.array?[1].object?["content"]?.string ?? "" }
    let opening =
      "[Context]\none\ntwo\n\ncat: [0.0, 0.5, 1, 0.25]\n\n[Question]\nQ1?\n\n"
    #expect(
      texts[0].hasPrefix(
        opening + "[Assistant 1]\nref 1\n\n[End of Assistant 1]\n\n[Assistant 2]\ncand 1\n"))
    #expect(texts[1].hasPrefix(opening + "[Assistant 1]\ncand 1\n"))
    #expect(texts[11].contains("[Assistant 2]\nref 3\n"))
    // Nothing of the image but its description.
    #expect(!result.text.contains(".jpg"))
    let again = try Shell.bash("\(Self.prompt) --context x --swap --repeat 2", in: directory)
    #expect(again.output == result.output)
  }

  /// With the reference's rubrics the messages are the reference's, byte by byte.
  @Test(arguments: ["text", "visual", "bench"])
  func messagesAreTheReferences(name: String) throws {
    let path = "\(packageRoot)/Tests/Golden/metrics/judge-golden.json"
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let golden = try #require(try JSONValue(parsing: bytes).object)
    let cases = try #require(golden["cases"]?.array).compactMap(\.object)
    let wanted = try #require(cases.first { $0["name"]?.string == name })
    let directory = try TemporaryDirectory()
    for (member, file) in [("questions", "q"), ("reference", "r"), ("candidate", "c")] {
      let lines = try #require(wanted[member]?.array).map { $0.serializedString + "\n" }
      try directory.write(lines.joined(), to: file)
    }
    try directory.write(try #require(golden["rules"]).serialized(), to: "rule.json")
    let context = try #require(wanted["context"]?.array).compactMap(\.string)
    try directory.write(context.map { $0 + "\n" }.joined(), to: "x")
    let option = context.isEmpty ? "" : " --context x"
    let made = try Shell.bash("\(Self.prompt) --rule rule.json\(option)", in: directory).objects()
    let expected = try #require(wanted["expected"]?.array).compactMap(\.object)
    #expect(made.count == 3 && expected.count == 3)
    for (request, want) in zip(made, expected) {
      let messages = request["messages"]?.array?.map { $0.object?["content"] }
      #expect(messages == [want["system"], want["user"]])
      #expect(request["category"] == want["category"])
    }
  }

  @Test func filesAreJoinedByIdOrElseByLine() throws {
    let directory = try Self.bench()
    try directory.write(
      (1...2).map { #"{"question_id":\#($0),"text":"c"}"# + "\n" }.joined(), to: "s")
    let missing = try Shell.bash(
      "\(Self.prompt.replacing("candidate c", with: "candidate s"))", in: directory)
    #expect(missing.status == 6 && missing.output.isEmpty)
    #expect(missing.errors.contains("1 of 3 questions have no answer, such as 3"))
    let byLine = try Shell.bash("\(Self.prompt) --compat", in: directory)
    #expect(byLine.status == 0 && byLine.errors.contains("warning: 3 lines"))
    let made = try byLine.objects()
    #expect(made.map { $0["id"]?.string } == ["1", "2", "3"] && made[0]["seed"] == nil)
    #expect(made[0]["answer2_id"]?.string == "x3")
  }

  @Test func badRecordsAreSkippedWithTheirReason() throws {
    let directory = try Self.bench()
    try directory.write(
      #"{"question_id":1,"category":"conv","text":"Q"}"# + "\n"
        + #"{"question_id":2,"category":"novel","image":"a.jpg","text":"Q"}"# + "\n"
        + #"{"question_id":3,"category":"conv","image":"b.jpg","text":"Q"}"# + "\n", to: "q")
    try directory.write(
      #"{"id":"3","skipped":{"code":"image/cut","message":"cut"}}"# + "\n"
        + #"{"id":"1","text":"a"}"# + "\n" + #"{"id":"2","text":"a"}"# + "\n", to: "c")
    let result = try Shell.bash("\(Self.prompt) --context x", in: directory)
    #expect(result.status == 1)
    let made = try result.objects()
    #expect(
      made.map { $0["skipped"]?.object?["code"]?.string } == [
        "judge/context", "judge/category", "image/cut",
      ])
    #expect(made.map { $0["question_id"]?.int } == [1, 2, 3])
    #expect(result.errors.contains("q: line 2 id=2: expected a rule `novel`"))
    #expect(result.errors.hasSuffix("llava-eval: 0 done, 3 skipped\n"))
    let strict = try Shell.bash("\(Self.prompt) --context x --strict", in: directory)
    #expect(strict.status == 3)
  }

  /// What spoils the whole run: the files, the status, a part of the line that says why.
  private static let refused: [(file: String, text: String, status: Int32, message: String)] = [
    ("q", "", 3, "q: expected records, found none"),
    ("c", "\n\n", 3, "c: expected records, found none"),
    ("x", "", 3, "x: expected records, found none"),
    ("q", "hello\n", 3, "q: line 1"), ("r", "[]\n", 3, "r: line 1"),
    ("q", "{\"question_id\":1,\"text\":\"a\"\n", 3, "q: line 1"),
    ("r", "{\"text\":\"a\"}\n", 3, "r: line 1: expected `question_id` or `id`"),
    (
      "c", "{\"question_id\":1,\"text\":\"a\"}\n{\"question_id\":1,\"text\":\"a\"}\n", 3,
      "c: line 2"
    ),
    ("r", "{\"question_id\":9,\"text\":\"a\"}\n", 6, "3 of 3 questions have no answer, such as 1"),
    ("c", "{\"id\":1,\"model_id\":\"A\"}\n{\"id\":2,\"model_id\":\"B\"}\n", 6, "found A and B"),
    ("x", "{\"image\":\"a\"}\n", 3, "x: line 1: expected `captions`"),
    ("u", "{\"conv\":{}}", 3, "u: conv: expected `role` and `prompt`"),
    ("u", "{\"conv\":", 3, "u:byte 8"), ("u", "", 3, "u:byte 0"),
  ]

  @Test(arguments: refused.indices)
  func filesThatAreNoneAreRefused(_ index: Int) throws {
    let (file, text, status, message) = Self.refused[index]
    let directory = try Self.bench()
    try directory.write(#"{"default":{"role":"A","prompt":"p"}}"#, to: "u")
    try directory.write(text, to: file)
    let result = try Shell.bash("\(Self.prompt) --context x --rule u -o out", in: directory)
    #expect(result.status == status && result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(!directory.names.contains("out"))
  }

  @Test(arguments: [
    ("judge", "expected a command: prompt or score (see llava-eval judge --help)"),
    ("judge prompts", "Unknown command 'prompts': expected prompt or score"),
    ("judge --json", "expected a command before --json: prompt or score"),
    ("juge score", "Unknown command 'juge'"),
    ("judge prompt", "'--questions <file>' (see llava-eval judge prompt --help)"),
    ("judge score", "'<reviews> ...'"), ("judge score a --bootstrap 1.5", "a whole number"),
    ("judge score a --bootstrap -1", "--bootstrap must be 0 to 100000"),
    ("judge score - --against -", "only one of the inputs"),
    ("judge score a --compat --json", "--compat excludes"),
    ("judge score a --details -", "--details takes a file"),
    ("judge score a --seed -3", "a whole number of 0 or more"),
    ("judge prompt --questions - --reference - --candidate c", "only one of the inputs"),
    ("judge prompt --questions a --reference b --candidate c --repeat 0", "--repeat must be 1 to"),
    ("judge prompt --questions a --reference b --candidate c --temperature nan", "--temperature"),
    ("judge prompt --questions a --reference b --candidate c --bogus", "Unknown option '--bogus'"),
  ])
  func wrongUsageIsOneLine(_ arguments: String, _ message: String) throws {
    let result = try Shell.bash("llava-eval \(arguments)")
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("llava-eval: ") && result.errors.contains(message))
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }

  @Test func helpTellsOfNestedCommands() throws {
    for arguments in ["judge --help", "help judge", "judge prompt --help", "judge score -h"] {
      let result = try Shell.bash("llava-eval \(arguments)")
      #expect(result.status == 0 && result.text.contains("USAGE: llava-eval judge"))
    }
  }
}
