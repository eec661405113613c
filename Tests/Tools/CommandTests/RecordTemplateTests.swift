// A record's `template`: for it alone what --template is for all, and a skip where that cannot be.
// SPDX-License-Identifier: Apache-2.0
import Conversations
import JSON
import TestSupport
import Testing

@Suite struct RecordTemplateTests {
  private func format(_ lines: [String], _ options: String = "") throws -> [JSONObject] {
    let input = Array((lines.joined(separator: "\n") + "\n").utf8)
    return try Shell.bash("convo-format -q --plain \(options)", input: input).objects()
  }

  private static let options = [
    "", "--system S", "--train", "--image-markers --train", "--train --compat reference-v0",
    "--tokenizer \(Workbench.models)/llava-hf",
  ]

  /// Every template, among records that have others: prompt, stop texts, tokens and masks.
  @Test(arguments: options)
  func aRecordsTemplateIsTheOptions(options: String) throws {
    let body =
      #""image":"a.jpg","conversations":[{"from":"human","value":"<image>\nQ"},{"from":"gpt","value":"A"}]"#
    let keys = ConversationTemplate.catalogue.map(\.key)
    let mixed = try format(
      keys.flatMap { [#"{"id":"\#($0)",\#(body),"template":"\#($0)"}"#, #"{"id":"d",\#(body)}"#] },
      options + " --template v0_mmtag")
    let usual = try format([#"{"id":"d",\#(body)}"#], options + " --template v0_mmtag")
    try #require(mixed.count == 2 * keys.count)
    var prompts: Set<String> = []
    for (index, key) in keys.enumerated() {
      let alone = try format([#"{"id":"\#(key)",\#(body)}"#], options + " --template \(key)")
      #expect(mixed[2 * index + 1] == usual.first)
      let own = mixed[2 * index]
      // Where the whole run cannot be, the record is not: its tokenizer lacks a token.
      #expect(own["prompt"] == alone.first?["prompt"], "\(key)")
      if alone.isEmpty {
        #expect(own["skipped"]?.object?["code"]?.string == "tokenizer/unknown-special", "\(key)")
      }
      if let prompt = own["prompt"] { prompts.insert(prompt.serializedString) }
    }
    #expect(prompts.count > 5)
  }

  @Test(arguments: [
    #""""#, #""VICUNA_V1""#, #""vicuna_v1 ""#, #""vicuna_v1\u0000""#, "7", "true", "{}", "[]",
    #"["v1"]"#, #""\u001b[2J""#,
  ])
  func whatIsNoTemplateSkipsItsRecord(value: String) throws {
    let lines = [
      #"{"id":"a","text":"Q","template":\#(value)}"#, #"{"id":"b","text":"Q","template":null}"#,
    ]
    let found = try format(lines)
    #expect(found[0]["skipped"]?.object?["code"]?.string == "record/template")
    #expect(found[0]["prompt"] == nil)
    #expect(found[1]["prompt"]?.object?["template"]?.string == "vicuna_v1")
    let shown = try Shell.bash("convo-format > /dev/null", input: Array(lines[0].utf8))
    #expect(shown.status == 1 && !shown.errors.contains("\u{1b}"))
    #expect(shown.errors.contains("expected `template` to be one of default, v0,"))
  }

  @Test func aLongNameMakesNoLongMessage() throws {
    let name = String(repeating: "é", count: 100_000)
    let found = try format([#"{"id":"a","text":"Q","template":"\#(name)"}"#])
    let message = try #require(found.first?["skipped"]?.object?["message"]?.string)
    #expect(message.utf8.count < 400)
  }

  /// The name of a recipe on a prompt says that it was made by it.
  @Test func aRecipeHasItsTemplateOnly() throws {
    let body =
      #""image":"a.jpg","conversations":[{"from":"human","value":"<image>\nQ"},{"from":"gpt","value":"A"}]"#
    let found = try format(
      ["v1", "vicuna_v1", "llava_v0"].map { #"{"id":"\#($0)",\#(body),"template":"\#($0)"}"# },
      "--recipe llava-1.5-finetune --train")
    #expect(found.map { $0["prompt"] != nil } == [true, true, false])
    #expect(found[2]["skipped"]?.object?["code"]?.string == "recipe/template")
  }

  @Test func tablesAndChecksKnowIt() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      "image,question,template\na.jpg,Q,llava_v0\nb.jpg,Q,\nc.jpg,Q,x\n", to: "t.csv")
    let table = try Shell.bash("convo-format -q --plain t.csv", in: directory).objects()
    #expect(
      table.map { $0["prompt"]?.object?["template"]?.string } == ["llava_v0", "vicuna_v1", nil])
    let check = try Shell.bash("convo-format --check t.csv", in: directory)
    #expect(check.status == 1 && check.text.contains("1  record/template  first at t.csv: line 4"))
    let asked = try Shell.bash(
      "convo-format -q --plain --ask 'A {template}' --ask B t.csv", in: directory)
    #expect(
      try asked.objects().map { $0["prompt"]?.object?["template"]?.string }
        == ["llava_v0", "llava_v0", nil, "vicuna_v1", nil, nil])
  }

  /// Through the whole pipe each record is answered, and ended, as in a run of its template alone.
  @Test func answersAreThoseOfEachTemplate() throws {
    let directory = try TemporaryDirectory()
    let keys = ["vicuna_v1", "llava_v0", "v1_mmtag", "plain"]
    let ask = #""image":"scene1.jpg","text":"Describe this image.""#
    try directory.write(
      keys.map { #"{"id":"\#($0)",\#(ask),"template":"\#($0)"}"# }.joined(separator: "\n"),
      to: "mixed")
    try directory.write(#"{"id":"x",\#(ask)}"#, to: "one")
    let rest = "\(TinyModelTests.rest) --max-tokens 20"
    func texts(_ command: String) throws -> [JSONValue?] {
      let result = try Workbench.run(
        "\(command) | \(rest)", in: directory, environment: TinyModelTests.environment)
      #expect(result.status == 0, "\(result.errors)")
      return try result.objects().map { $0["text"] }
    }
    let mixed = try texts("convo-format mixed")
    #expect(mixed == (try keys.flatMap { try texts("convo-format --template \($0) one") }))
    #expect(mixed[0] == .string("a blue triangle below a purple square"))
  }

  @Test func chatRequestsChooseToo() throws {
    let directory = try TemporaryDirectory()
    let ask = #""messages":[{"role":"user","content":"What shape is red?"}]"#
    try directory.write(
      [
        #"{"id":"a",\#(ask),"template":"llava_v0"}"#, #"{"id":"a",\#(ask)}"#,
        #"{"id":"p",\#(ask),"template":"plain"}"#, #"{"id":"n",\#(ask),"template":"none"}"#,
      ].joined(separator: "\n"), to: "mixed")
    try directory.write(#"{"id":"a",\#(ask)}"#, to: "one")
    let decode = "vicuna-decode -q --chat --max-tokens 8"
    let mixed = try Workbench.run("\(decode) mixed", in: directory)
    #expect(mixed.status == 1)
    let found = try mixed.objects()
    for (index, template) in ["llava_v0", "vicuna_v1"].enumerated() {
      let alone = try Workbench.run("\(decode) --template \(template) one", in: directory)
      #expect(found[index]["usage"] == (try alone.objects().first?["usage"]))
      #expect(found[index]["text"] == (try alone.objects().first?["text"]))
    }
    #expect(found[0]["usage"] != found[1]["usage"])
    #expect(
      found[2...].map { $0["skipped"]?.object?["code"]?.string }
        == ["record/template", "record/template"])
  }
}
