// What convo-format asks, of what people have: several questions, files of them, places, tables.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct QuestionTests {
  private static let paths = Array("p/a.jpg\nb.jpg\n".utf8)

  private func format(_ arguments: String, _ input: [UInt8] = paths, status: Int32 = 0) throws
    -> [JSONObject]
  {
    let found = try Shell.bash("convo-format --plain \(arguments)", input: input)
    #expect(found.status == status, "\(found.errors)")
    return try found.objects()
  }

  private func ids(_ records: [JSONObject]) -> [String?] { records.map { $0["id"]?.string } }

  /// What a prompt asks after the image.
  private func asked(_ record: JSONObject) -> String? {
    let text = record["prompt"]?.object?["segments"]?.array?.last?.object?["text"]?.string
    return text.map { replacing("\n", in: replacing(" ASSISTANT:", in: $0, with: ""), with: "") }
  }

  @Test func eachQuestionIsARecord() throws {
    let made = try format("--ask One? --ask 'Two {image.name}?'")
    #expect(ids(made) == ["p/a.jpg#1", "p/a.jpg#2", "b.jpg#1", "b.jpg#2"])
    #expect(made.map(asked) == ["One?", "Two a?", "One?", "Two b?"])
    #expect(made.map { $0["question"]?.string } == made.map(asked))
    #expect(made.map { $0["image"]?.string } == ["p/a.jpg", "p/a.jpg", "b.jpg", "b.jpg"])
    #expect(made[0].keys == ["image", "id", "question", "prompt"])
    // Numbers, dialogues, and records without an image or an id of their own.
    let lines = [
      #"{"id":1,"question_id":2,"image":"a","question":"old"}"#, #"{"note":"x"}"#,
      #"{"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}],"id":"c"}"#,
    ]
    let others = try format("--ask x --ask y", Array(lines.joined(separator: "\n").utf8))
    #expect(ids(others) == ["1#1", "1#2", "line-2#1", "line-2#2", "c#1", "c#2"])
    #expect(others[1].keys == ["id", "question_id", "image", "question", "prompt"])
    #expect(asked(others[1]) == "y" && others[1]["question"]?.string == "y")
  }

  /// One question leaves a record its id, and says what was asked, whatever the record had asked.
  @Test func oneQuestionLeavesIds() throws {
    let made = try format("--ask One?")
    #expect(ids(made) == ["p/a.jpg", "b.jpg"])
    #expect(made[0].keys == ["image", "question", "id", "prompt"])
    #expect(made.map { $0["question"]?.string } == ["One?", "One?"])
    let other = try format("--ask 'New {n}?'", Array(#"{"id":"a","n":7,"question":"Old?"}"#.utf8))
    #expect(other[0]["question"]?.string == "New 7?")
    let directory = try TemporaryDirectory()
    let file = try directory.write("One?", to: "ask")
    #expect(try format("--ask-file \(file)") == made)
  }

  @Test func linesOfAFileAreQuestions() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("\u{FEFF}\n One?\r\n\n\t\nTwo? \n", to: "ask")
    #expect(
      try format("--ask-file \(file) --ask Three?").prefix(3).map(asked) == [
        "One?", "Two?", "Three?",
      ])
    #expect(
      try format("--ask-file - '\(try directory.write("a\n", to: "list"))'", Array("x".utf8))
        .map(asked) == ["x"])
    for (content, status, says) in [
      (Array("\n \n".utf8), 3, "found none"), (Array("a\n{b\n".utf8), 2, "line 2: expected {KEY}"),
      ([0x61, 0xFF], 3, "not valid UTF-8"), (Array("a\0".utf8), 3, "binary data"),
    ] as [([UInt8], Int32, String)] {
      let path = try directory.write(content, to: "bad")
      let found = try Shell.bash("convo-format --ask-file \(path)", input: Self.paths)
      #expect(found.status == status && found.errors.contains(says), "\(found.errors)")
      #expect(found.output.isEmpty)
    }
    let missing = try Shell.bash("convo-format --ask-file nowhere", input: Self.paths)
    #expect(missing.status == 4)
    let same = try Shell.bash("convo-format --ask-file -", input: Self.paths)
    #expect(same.status == 2 && same.errors.contains("stdin holds the records"))
  }

  @Test func placesAreFilledOrSaid() throws {
    let lines = Array(
      "{\"image\":\"a\",\"n\":1.50}\n{\"image\":\"b\"}\n{\"image\":\"c\",\"n\":[1]}\n".utf8)
    let made = try format("--ask 'Are there {n} {{cats}}?'", lines, status: 1)
    #expect(asked(made[0]) == "Are there 1.50 {cats}?")
    #expect(
      made.dropFirst().map { $0["skipped"]?.object?["code"]?.string } == [
        "record/question-member", "record/question-member",
      ])
    let found = try Shell.bash("convo-format --ask 'Are there {n}?'", input: lines)
    #expect(
      found.errors.contains("line 2 id=b: the record has no `n` for {n} in the question: skip"))
    #expect(found.errors.contains("write {{n}}"))
    // No path of a list has members: that is no fault of the first one's.
    let list = try Shell.bash("convo-format --ask '{label}'", input: Self.paths)
    #expect(list.status == 2 && list.errors.split(separator: "\n").count == 1)
    let braces = try Shell.bash(#"convo-format --ask 'As {"a": 1}'"#, input: Self.paths)
    #expect(braces.status == 2 && braces.errors.contains(#"found {"a": 1} (for braces"#))
    let check = try Shell.bash("convo-format --check --ask '{n}' --ask x", input: lines)
    #expect(check.status == 1 && check.text.contains("2  record/question-member"))
    #expect(check.text.hasSuffix("6 records\n"))
  }

  @Test func trainingAsksWhatRecordsAsk() throws {
    for options in ["--ask a --ask b", "--ask-file x"] {
      let found = try Shell.bash("convo-format --train \(options)", input: [])
      #expect(found.status == 2 && found.errors.contains("--train takes the records' own"))
    }
  }

  @Test func questionsAreTakenUpOneByOne() throws {
    let directory = try TemporaryDirectory()
    let script = """
      run() { convo-format --plain --ask a --ask b "$@" list; }
      printf 'x\\ny\\nx\\n' > list
      run > whole; for n in 0 1 2 3 4 5 6; do
        run | head -$n > done; run --skip-done done >> done; cmp done whole || echo $n; done
      run --skip-done none | cmp - whole
      run --skip-done none -v 2>&1 > again | head -1; cmp again whole
      run --skip-done none/x/ -q 2>&1 | cmp - whole
      """
    let found = try Shell.bash(script, in: directory)
    #expect(found.errors == "")
    #expect(found.text == "convo-format: none: not there yet, so no record is done\n")
    // What stands for one line stays one: a bad line, an earlier skip.
    let lines = Array("{bad\n{\"id\":\"s\",\"skipped\":{\"code\":\"a/b\",\"message\":\"\"}}\n".utf8)
    #expect(try ids(format("--ask a --ask b", lines, status: 1)) == ["line-1", "s"])
  }

  @Test func noRecordsAreSaid() throws {
    for (input, options) in [("", ""), ("\n", ""), ("[]", ""), ("image,b\n", "--from csv")] {
      let found = try Shell.bash(
        "convo-format --plain --ask x \(options)", input: Array(input.utf8))
      #expect(found.status == 0 && found.output.isEmpty)
      #expect(found.errors == "convo-format: warning: no records in stdin\n")
    }
    let folder = try Shell.bash(
      "mkdir empty; find empty -name '*.jpg' | convo-format --ask x | convo-format | wc -c",
      in: try TemporaryDirectory())
    #expect(folder.status == 0)
    #expect(folder.errors.split(separator: "\n").count == 2)
    let all = try Shell.bash("convo-format --plain --ask x --start 2", input: Self.paths)
    #expect(all.errors == "" && all.status == 0)
  }

  @Test func tablesAreRecords() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      "path,label,question\r\na.jpg,\"a \"\"big\"\" cat\",\"What,\nnow?\"\r\nb.jpg,,Why?\r\nc\r\n",
      to: "t.csv")
    let found = try Shell.bash(
      """
      convo-format --plain t.csv; zstd -q t.csv; convo-format --plain -q t.csv.zst | wc -l
      tr ',' '\\t' < t.csv | convo-format -q --plain --from tsv --ask x | head -1
      convo-format --show-mask --tokenizer $MODELS/llava-hf --ask '{label}' -q t.csv | grep -c '^# '
      """, in: directory, environment: Workbench.environment)
    let lines = found.text.split(separator: "\n")
    #expect(lines.count == 6 && lines[3] == "3" && lines[5] == "1", "\(found.text)")
    let first = try #require(JSONValue(parsing: Array(lines[0].utf8)).object)
    #expect(first["image"]?.string == "a.jpg" && first["label"]?.string == "a \"big\" cat")
    #expect(asked(first) == "What,now?")
    #expect(
      found.errors.contains("t.csv: line 5: expected 3 cells, one a column, found 1: skipped"))
  }

  @Test func tablesOfOtherColumnsNeedAName() throws {
    let table = Array("photo;,label\nx,y\n".utf8)
    let found = try Shell.bash("convo-format --from csv --ask x", input: table)
    #expect(found.status == 3 && found.output.isEmpty)
    #expect(
      found.errors.contains("found `photo;`, `label` (name the column of the images with --im"))
    let named = try format("--from csv --image-key label --ask x", table)
    #expect(ids(named) == ["y"])
  }

  /// A picture's questions go through the whole pipe, from a table too.
  @Test func answersToSeveralQuestionsComeOut() throws {
    let directory = try Workbench.bare()
    try directory.write("file,what\ngrey.jpg,colour\nrgb-8.png,shape\n", to: "t.csv")
    let found = try Workbench.run(
      """
      convo-format --ask 'Which {what}?' --ask 'Why?' t.csv | clip-encode | llava-project |
        vicuna-decode --max-tokens 1
      convo-format --plain --ask x t.csv > list; clip-encode t.csv | tensor-view --ids
      clip-encode --from csv - < t.csv | tensor-view --ids | wc -l
      """, in: directory)
    let lines = found.text.split(separator: "\n").map(String.init)
    #expect(found.status == 0 && lines.count == 7, "\(found.errors)")
    let answers = try lines.prefix(4).map {
      try #require(JSONValue(parsing: Array($0.utf8)).object)
    }
    #expect(ids(answers) == ["grey.jpg#1", "grey.jpg#2", "rgb-8.png#1", "rgb-8.png#2"])
    #expect(
      answers.map { $0["question"]?.string } == ["Which colour?", "Why?", "Which shape?", "Why?"])
    #expect(answers.allSatisfy { $0["finish_reason"] != nil })
    #expect(Array(lines.suffix(3)) == ["grey.jpg", "rgb-8.png", "2"])
  }
}
