// llava-eval scienceqa as a process: whole files, scores counted by hand, what is refused.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ScienceQATests {
  private static let golden = "\(packageRoot)/Tests/Golden/metrics"

  /// By the digests that `make_scienceqa.py` took of its own files; ScienceQATests has every code.
  @Test func filesAreTheConverters() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(Self.golden)/scienceqa-prompts.json"))
    let golden = try #require(JSONValue(parsing: [UInt8](bytes)).object)
    let digests = try #require(golden["sha256"]?.object)
    let codes = ["CQM-A", "QCM-LEPA", "QCLEM-ALE"]
    let result = try Shell.bash(
      """
      for code in \(codes.joined(separator: " ")); do
        make="llava-eval scienceqa prompt \(Self.golden)/scienceqa-problems.json --format $code"
        echo $code $($make --array | sha256sum) $($make --task jsonl | sha256sum)
      done
      """, timeout: 120)
    #expect(result.status == 0 && result.errors == "")
    let made = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(made.map(\.first) == codes)
    for words in made {
      let expected = digests[words[0]]?.object
      #expect(words[1] == expected?["llava"]?.string, "\(words[0])")
      #expect(words[3] == expected?["jsonl"]?.string, "\(words[0])")
    }
  }

  private static let problems = """
    {"1":{"question":"a","choices":["x","y"],"answer":0,"hint":"h","image":"image.png",
    "grade":"grade1","subject":"natural science","lecture":"","solution":"","split":"test"},
    "2":{"question":"b","choices":["x","y"],"answer":1,"hint":"","image":null,
    "grade":"grade7","subject":"social science","lecture":"","solution":"","split":"test"},
    "3":{"question":"c","choices":["x","y","z"],"answer":2,"hint":"","image":"image.png",
    "grade":"grade6","subject":"language science","lecture":"","solution":"","split":"test"},
    "4":{"question":"d","choices":["x","y"],"answer":0,"hint":"","image":null,
    "grade":"grade9","subject":"natural science","lecture":"","solution":"","split":"val"}}
    """
  private static let score = "llava-eval scienceqa score --problems p.json --split test"

  private func run(_ script: String, _ files: [String: String] = [:]) throws -> ShellResult {
    let directory = try TemporaryDirectory()
    try directory.write(Self.problems, to: "p.json")
    for (name, text) in files { try directory.write(text, to: name) }
    return try Shell.bash(script, in: directory)
  }

  private static let answers = """
    {"id":"1","text":"A"}
    {"question_id":2,"text":"The answer is E.","prompt":"b"}
    """

  @Test func scoresAreThoseCountedByHand() throws {
    let found = try run(
      "\(Self.score) a.jsonl --json --details d; cat d", ["a.jsonl": Self.answers])
    #expect(found.status == 0, "\(found.errors)")
    let lines = try found.objects()
    let report = lines[0]
    #expect(
      report["NAT"] == .object(["accuracy": .double(100), "correct": .int(1), "count": .int(1)]))
    #expect(report["IMG"]?.object?["accuracy"] == .double(50))
    #expect(report["Avg"]?.object?["count"] == .int(3))
    #expect(report["image_accuracy"]?.object?["count"] == .int(1))
    #expect(report["no_answer"] == .int(1) && report["beyond_choices"] == .int(1))
    #expect(report["not_parsed"] == .int(0))
    #expect(
      lines.dropFirst().map { $0["outcome"]?.string } == [
        "answered", "beyond-choices", "no-answer",
      ])
    let table = try run("\(Self.score) a.jsonl", ["a.jsonl": Self.answers])
    #expect(
      table.text.hasSuffix("Total: 3, Correct: 1, Accuracy: 33.33%, IMG-Accuracy: 100.00%\n"))
    #expect(table.text.contains("no answer       1\n"))
    let results = "{\n \"outputs\": {\"1\": \"A\",\n \"2\": \"The answer is B.\", \"3\": \"?\"}}\n"
    let read = try run("\(Self.score) r.json --json", ["r.json": results])
    #expect(try read.objects()[0]["Avg"]?.object?["correct"] == .int(2), "\(read.errors)")
  }

  @Test func modelsAreJoined() throws {
    let files = [
      "ours": Self.answers + "\n{\"id\":\"3\",\"text\":\"A\"}\n",
      "other":
        "{\"id\":1,\"text\":\"none\"}\n{\"id\":2,\"text\":\"B\"}\n{\"id\":3,\"text\":\"B\"}\n",
      "judge": "{\"id\":2,\"text\":\"The answer is B.\"}\n{\"id\":3,\"text\":\"C\"}\n",
    ]
    let pair = "--problems p.json --split test --ours ours --other other"
    let asked = try run("llava-eval scienceqa requery \(pair)", files)
    #expect(try asked.objects().map { $0["id"]?.string } == ["2", "3"])
    #expect(asked.errors.contains("2 of 3 problems to judge"))
    let judged = try run(
      "llava-eval scienceqa combine \(pair) --scheme judge --judge judge --json", files
    ).objects()[0]
    let correct = ["ours", "other", "complement", "judge", "upper_bound"].map {
      judged[$0]?.object?["correct"]?.int
    }
    #expect(correct == [1, 1, 2, 3, 2])
    #expect(judged["other_without_answer"] == .int(1) && judged["unjudged"] == .int(0))
    let plain = try run("llava-eval scienceqa combine \(pair) --scheme complement", files)
    #expect(plain.status == 0 && plain.text.contains("66.67 %  2 of 3"))
  }

  /// One line each, and no number on stdout.
  @Test(arguments: [
    ("", "", 3, "expected answers, found none"), ("[]", "", 3, "expected answers, found none"),
    ("{\"id\":\"9\",\"text\":\"A\"}", "", 6, "problem 9, which is none of the 3"),
    ("{\"id\":\"4\",\"text\":\"A\"}", "", 6, "problem 4, which is none of the 3"),
    ("{\"id\":1,\"text\":\"A\"}\n{\"id\":\"1\",\"text\":\"A\"}", "", 6, "a second answer"),
    ("{\"text\":\"A\"}", "", 3, "`id` or `question_id`"), ("{\"id\":\"1\"}", "", 3, "`text`"),
    ("{\"id\":\"1\",\"conversations\":[]}", "", 3, "answer them first"),
    ("{nonsense", "", 3, "line 1"),
    ("{\"id\":\"1\",\"text\":\"A\"}", "[]", 3, "an object of problems by id"),
    ("{\"id\":\"1\",\"text\":\"A\"}", "{}", 3, "split test, found none"),
    ("{\"id\":\"1\",\"text\":\"A\"}", " ", 3, "found the end"),
    ("{\"id\":\"1\",\"text\":\"A\"}", "{\"1\":{},\"1\":{}}", 3, "the same key twice"),
    ("{\"id\":\"1\",\"text\":\"A\"}", "{\"1\":7}", 3, "a text as its `split`"),
    (
      "{\"id\":\"1\",\"text\":\"A\"}", "{\"1\":{\"split\":\"test\"}}", 3,
      "problem 1: expected `choices`"
    ),
    ("{\"id\":\"1\",\"text\":\"A\"}", "{\"1\":{\"split\":\"val\"}}", 3, "split test, found val"),
  ])
  func badInputIsOneLine(answers: String, problems: String, status: Int, says: String) throws {
    var files = ["a.jsonl": answers]
    if !problems.isEmpty { files["p.json"] = problems }
    let found = try run("\(Self.score) a.jsonl", files)
    #expect(Int(found.status) == status && found.output.isEmpty)
    #expect(found.errors.contains(says), "\(found.errors)")
    #expect(
      found.errors.hasPrefix("llava-eval: ") && found.errors.split(separator: "\n").count == 1)
  }

  @Test func aBrokenProblemIsSkippedAmongPrompts() throws {
    let broken = Self.problems.replacing("\"answer\":1", with: "\"answer\":2")
    let found = try run("llava-eval scienceqa prompt p.json", ["p.json": broken])
    #expect(found.status == 1 && found.errors.contains("answer 2 is none of its 2 choices"))
    let made = try found.objects()
    #expect(made.map { $0["skipped"] == nil } == [true, false, true, true])
  }

  /// The whole way of the first LLaVA, with the tiny model's eyes.
  @Test func twoPassesGoThroughThePipe() throws {
    let found = try run(
      """
      set -e
      export LLAVA_MODEL=\(packageRoot)/examples/tiny-llava TERM=dumb
      for id in 1 3; do mkdir $id; cp \(packageRoot)/examples/images/scene$id.jpg $id/image.png; done
      answer() { clip-encode -q --image-root . | llava-project -q | vicuna-decode -q --max-tokens 4 "$@"; }
      llava-eval scienceqa prompt -q --test --split test p.json |
        convo-format -q --template llava_v0 --image-position after | answer --keep-prompt > first
      llava-eval scienceqa second first | answer | llava-eval scienceqa join > answers
      cat answers
      llava-eval scienceqa score --problems p.json --split test --json answers
      """)
    #expect(found.status == 0, "\(found.errors)")
    let lines = try found.objects()
    #expect(lines.count == 4)
    for line in lines.dropLast() {
      #expect(line["text"]?.string?.contains("\n The answer is ") == true)
    }
    #expect(lines[3]["no_answer"] == .int(0) && lines[3]["Avg"]?.object?["count"] == .int(3))
  }
}
