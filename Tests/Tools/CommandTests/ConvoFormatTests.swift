// convo-format as a process: input kinds, exit statuses, what goes where.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import Streams
import TestSupport
import Testing

@Suite struct ConvoFormatTests {
  private static let golden = "\(packageRoot)/Tests/Golden/text"

  /// Runs the tool on `input` and returns its JSON lines.
  private func records(_ arguments: String, _ input: String, status: Int32 = 0) throws
    -> [JSONObject]
  {
    let found = try Shell.bash("convo-format --plain \(arguments)", input: Array(input.utf8))
    #expect(found.status == status, "\(found.errors)")
    return try found.text.split(separator: "\n").map {
      try #require(JSONValue(parsing: Array($0.utf8)).object)
    }
  }

  @Test func pathsBecomeQuestions() throws {
    let made = try records("--ask 'What?'", "a.jpg\n\nb c.jpg")
    #expect(made.map { $0["id"]?.string } == ["a.jpg", "b c.jpg"])
    #expect(made[0]["prompt"]?.object?["template"]?.string == "vicuna_v1")
    let segments = made[0]["prompt"]?.object?["segments"]?.array ?? []
    #expect(segments.count == 3)
    #expect(segments.last?.object?["text"]?.string == "\nWhat? ASSISTANT:")
  }

  @Test func arraysLinesAndQuestionsAreToldApart() throws {
    let turns = #""conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]"#
    let array = try records("--train", "[{\"id\":\"x\",\(turns)},\n{\"id\":\"y\",\(turns)}]")
    let lines = try records("--train", "{\"id\":\"x\",\(turns)}\n{\"id\":\"y\",\(turns)}\n")
    #expect(array == lines && array.count == 2)
    let question = try records("", "{\"question_id\":1,\"text\":\"Q\"}\n")
    #expect(question.map(\.keys) == [["question_id", "question", "id", "prompt"]])
  }

  @Test func badRecordsAreSkippedAndTheRestIsMade() throws {
    let input =
      "{\"text\":\"a\"}\n{nonsense\n{\"text\":1}\n{\"text\":\"\\ud800\"}\n{\"text\":\"b\"}\n"
    let made = try records("", input, status: 1)
    #expect(made.map { $0["skipped"] == nil } == [true, false, false, false, true])
    #expect(made[1]["id"]?.string == "line-2")
    #expect(made[2]["skipped"]?.object?["code"]?.string == "record/question")
    let found = try Shell.bash("convo-format --plain --strict", input: Array(input.utf8))
    #expect(found.status == 3)
  }

  @Test func skipsOfEarlierToolsPassThrough() throws {
    let line = "{\"id\":\"a\",\"skipped\":{\"code\":\"image/truncated\",\"message\":\"m\"}}"
    let made = try records("", line + "\n", status: 1)
    #expect(made == [try #require(JSONValue(parsing: Array(line.utf8)).object)])
  }

  @Test(arguments: [
    ("--template nope", ""), ("--template v1 --template-for x", ""), ("--show-mask", ""),
    ("--json", ""), ("--plain -z", ""), ("--max-length 5", ""), ("--image-tokens -1", ""),
    ("", "a.jpg\n"), ("--seed -1", ""), ("--image-position middle", ""),
  ])
  func wrongUsageIsStatus2(arguments: String, input: String) throws {
    let found = try Shell.bash("convo-format \(arguments)", input: Array(input.utf8))
    #expect(found.status == 2)
    #expect(found.errors.hasPrefix("convo-format: "))
    #expect(found.output.isEmpty || input != "")
  }

  @Test func outputIsCompressedAndMarkedByDefault() throws {
    let found = try Shell.bash("convo-format --ask x", input: Array("a.jpg\n".utf8))
    #expect(found.status == 0)
    let reader = try JSONLReader(MemorySource(found.output), requireEnd: true)
    #expect(try reader.next()?.result.get()["id"]?.string == "a.jpg")
    #expect(try reader.next() == nil)
  }

  @Test func tokensAndLossAreThere() throws {
    let line =
      #"{"image":"a","conversations":[{"from":"human","value":"<image>"},"#
      + #"{"from":"gpt","value":"the cat"}]}"#
    let model = "--tokenizer \(Self.golden)/llama.model"
    let made = try records("--train --template plain \(model)", line + "\n")
    let prompt = try #require(made[0]["prompt"]?.object)
    let count = try #require(prompt["tokens"]?.array?.count)
    #expect(prompt["image_positions"] == .array([.int(1)]))
    #expect(prompt["loss_spans"] == .array([.array([.int(1), .int(count)])]))
    let shown = try Shell.bash(
      "convo-format --train --template plain \(model) --show-mask", input: Array(line.utf8))
    #expect(shown.status == 0)
    let lines = shown.text.split(separator: "\n")
    #expect(lines.count == count + 2)
    #expect(lines.filter { $0.hasSuffix("  loss") }.count == count - 1)
    #expect(!shown.text.contains("\u{1b}"))
  }

  @Test func checkingAnswersByItsStatus() throws {
    let good = try Shell.bash("convo-format --check", input: Array("{\"text\":\"a\"}\n".utf8))
    #expect(good.status == 0 && good.text == "1 record, nothing found\n")
    let input: [UInt8] =
      Array("{\"id\":\"1\",\"text\":\"a</s>\"}\n{\"id\":\"1\",\"text\":\"".utf8) + [0xff]
      + Array("\"}\n".utf8)
    let bad = try Shell.bash("convo-format --check --json", input: input)
    #expect(bad.status == 1)
    let findings = try JSONValue(parsing: bad.output).object?["findings"]?.object
    #expect(findings?.keys == ["prompt/special-token", "text/utf8"])
    let table = try Shell.bash("convo-format --check", input: input)
    #expect(table.text.hasSuffix("2 records\n") && table.text.contains("1  text/utf8 "))
  }

  @Test func doneRecordsAreLeftOut() throws {
    let directory = try TemporaryDirectory()
    let plain = try directory.write("{\"id\":\"a\"}\n{\"id\":\"c\"}\n", to: "done.jsonl")
    #expect(
      try records("--ask x --skip-done \(plain)", "a\nb\nc\n").map { $0["id"]?.string } == ["b"])
    let packed = directory.file("done.zst")
    _ = try Shell.bash("convo-format --ask x -o \(packed)", input: Array("a\nb\n".utf8))
    #expect(
      try records("--ask x --skip-done \(packed)", "a\nb\nc\n").map { $0["id"]?.string } == ["c"])
    // A done line stands for one record, the first of its id: the others are not lost.
    let both = #"{"id":"a","text":"1"}"# + "\n" + #"{"id":"a","text":"2"}"# + "\n"
    let rest = try records("--skip-done \(plain)", both + both)
    #expect(rest.map { $0["question"]?.string } == ["2", "1", "2"])
    let empty = try directory.write("", to: "empty")
    #expect(try records("--ask x --skip-done \(empty)", "a\n").count == 1)
  }

  @Test func theFirstRecordsArePassedOver() throws {
    func ids(_ arguments: String, _ input: String) throws -> [String?] {
      try records("--ask x \(arguments)", input).map { $0["id"]?.string }
    }
    let lines = "{\"text\":\"1\"}\nbad\n\n{\"id\":\"c\"}\n{\"text\":\"4\"}\n"
    #expect(try ids("--start 2", lines) == ["c", "line-5"])
    #expect(try ids("--start 3", lines) == ["line-5"])
    #expect(try ids("--start 4", lines) == [])
    #expect(try ids("--start 1", "[{\"id\":\"a\"},{\"id\":\"b\"}]") == ["b"])
    #expect(try ids("--start 2", "a\nb\nc\n") == ["c"])
    #expect(try ids("--start 0", "a\nb\n") == ["a", "b"])
    // What is passed over is neither skipped nor done, nor warned of; later lines keep their numbers.
    let quiet = try Shell.bash(
      "convo-format --plain --ask x --start 2 -v",
      input: Array("{bad\n{\"photo\":\"a.jpg\"}\n{\"id\":\"c\"}\n{\n".utf8))
    #expect(quiet.status == 1)
    #expect(quiet.errors.contains("line 4") && !quiet.errors.contains("line 1"))
    #expect(!quiet.errors.contains("photo") && quiet.errors.contains("1 skipped"))
    let check = try Shell.bash("convo-format --check --start 1", input: Array("bad\nx\n".utf8))
    #expect(check.status == 1 && check.text.hasSuffix("1 record\n"))
    let short = try Shell.bash(
      "convo-format --plain --ask x --start 3 --errors json", input: Array("a\nb\n".utf8))
    #expect(short.status == 3 && short.output.isEmpty)
    #expect(short.errors.contains("\"code\":\"input/too-short\""))
    let negative = try Shell.bash("convo-format --ask x --start=-1", input: [])
    #expect(negative.status == 2 && negative.errors.contains("--start"))
  }

  @Test func aMissingTokenOfTheTemplateIsRefused() throws {
    let model = "--tokenizer \(Self.golden)/llama.model"
    let found = try Shell.bash("convo-format --template mpt --errors json \(model)")
    #expect(found.status == 6 && found.output.isEmpty)
    #expect(found.errors.contains("\"code\":\"tokenizer/unknown-special\""))
  }

  @Test func aReaderThatLeavesIsNoError() throws {
    let found = try Shell.bash(
      "set +o pipefail; yes a.jpg 2> /dev/null | head -20000 | convo-format --plain --ask x | head -1"
    )
    #expect(found.status == 0)
    #expect(found.errors == "")
  }

  @Test func aFullDiskIsStatus4() throws {
    let found = try Shell.bash(
      "convo-format --plain --ask x > /dev/full", input: Array("a\n".utf8))
    #expect(found.status == 4)
  }
}
