// What the lint finds, and the view of the mask.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Testing
import Tokenizers

@testable import Conversations

@Suite struct DatasetCheckTests {
  private func check(_ lines: [String]) throws -> DatasetCheck {
    var options = FormatOptions(template: try template("vicuna_v1"))
    options.isForTraining = true
    var check = DatasetCheck(RecordFormatter(options))
    for (index, line) in lines.enumerated() {
      let value = try JSONValue(parsing: Array(line.utf8))
      let object = try #require(value.object)
      check.look(at: record(object, index + 1), .success(object))
    }
    return check
  }

  private func record(_ object: JSONObject, _ number: Int) -> Record {
    Record(object, number: number, place: "line \(number)")
  }

  private func turns(_ question: String, _ answer: String) -> String {
    #""conversations":[{"from":"human","value":"\#(question)"},"#
      + #"{"from":"gpt","value":"\#(answer)"}]"#
  }

  @Test func aCleanSetIsClean() throws {
    let found = try check([
      "{\"id\":\"1\",\(turns("Q", "A"))}",
      "{\"id\":\"2\",\"image\":\"a\",\(turns("<image>", "A"))}",
    ])
    #expect(found.isClean)
    #expect(found.table == "2 records, nothing found\n")
  }

  @Test func findingsAreCountedByReason() throws {
    var found = try check([
      "{\"id\":\"1\",\(turns("Q", "A"))}", "{\"id\":\"1\",\(turns("Q", "A"))}",
      "{\"id\":\"2\",\(turns("Q </s>", "USER: x"))}", "{\"id\":\"3\",\(turns("Q", ""))}",
      "{\"id\":\"4\",\"image\":\"a\",\(turns("Q", "A"))}",
      "{\"id\":\"5\",\(turns("<image>", "A"))}",
    ])
    found.look(
      at: record([:], 7),
      .failure(Failure(.invalidInput, code: "text/utf8", "the string is not valid UTF-8")))
    let skip: JSONObject = ["skipped": SkipMark(code: "image/cut", message: "").json]
    found.look(at: record(skip, 8), .success(skip))
    #expect(
      found.counts.mapValues(\.records) == [
        "record/duplicate-id": 1, "prompt/special-token": 1, "prompt/separator": 1,
        "conversation/empty-answer": 1, "prompt/image-count": 1, "prompt/placeholder": 1,
        "text/utf8": 1, "image/cut": 1,
      ])
    #expect(found.counts["record/duplicate-id"]?.first == "line 2 id=1")
    #expect(found.table.hasSuffix("8 records\n"))
    #expect(found.json.object?["records"]?.int == 8)
    #expect(found.json.object?["findings"]?.object?.keys.count == 8)
  }

  @Test func theMaskShowsEachTokenAndImage() throws {
    let tokenizer = try Tokenizer.load(path: "\(Models.golden)/llama.model")
    let prompt = try template("plain").trainingPrompt(for: dialogue(["<image>", "the cat"]))
    let tokens = try prompt.encoded(by: tokenizer)
    let table = MaskTable(tokens, tokenizer, imageRows: { _ in 576 })
    #expect(table.rows.count == tokens.ids.count + 1)
    #expect(table.rows[0] == .init(id: "1", piece: "<s>", carriesLoss: false))
    #expect(table.rows[1].piece == "[image 0: 576 features]")
    #expect(!table.rows.dropFirst(2).contains { !$0.carriesLoss })
    let text = table.text(colour: false)
    #expect(text.split(separator: "\n").count == table.rows.count)
    #expect(!text.contains("\u{1b}") && table.text(colour: true).contains("\u{1b}[32m"))
  }

  @Test func theTableShowsWhereEachRowStands() {
    let table = MaskTable(rows: [
      .token(7, nil, carriesLoss: false, position: 0), .image(3, rows: 12, from: 1),
      .token(19, nil, carriesLoss: true, position: 13),
    ])
    let wanted = [
      "   0     7  ?", "1-12        [image 3: 12 features]",
      "  13    19  ?                       loss",
    ]
    #expect(table.text(colour: false) == wanted.map { $0 + "\n" }.joined())
  }
}
