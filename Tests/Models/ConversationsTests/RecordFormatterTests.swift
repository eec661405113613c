// Records of every shape, with what they become and why they are refused.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing
import Tokenizers

@testable import Conversations

@Suite struct RecordFormatterTests {
  private func record(_ text: String) throws -> JSONObject {
    try #require(JSONValue(parsing: Array(text.utf8)).object)
  }

  private func options(_ key: String = "vicuna_v1") throws -> FormatOptions {
    FormatOptions(template: try template(key))
  }

  /// The prompt as text, for a record without token ids.
  private func prompt(_ text: String, _ options: FormatOptions) throws -> String {
    var notes: [FormatNote] = []
    let made = try RecordFormatter(options).format(record(text), notes: &notes)
    let joined = try Prompt(#require(made["prompt"])).joined
    let system = options.template.system
    return system.isEmpty ? joined : joined.replacing(system, with: "S")
  }

  private func code(_ text: String, _ options: FormatOptions) throws -> String? {
    do {
      _ = try prompt(text, options)
      return nil
    } catch let failure as Failure { return failure.code }
  }

  @Test func questionsOfEveryShapeBecomePrompts() throws {
    var asking = try options()
    asking.question = "Why?"
    let plain = try options()
    #expect(try prompt(#"{"image":"a"}"#, asking) == "S USER: <image>\nWhy? ASSISTANT:")
    #expect(try prompt(#"{"text":"Q "}"#, plain) == "S USER: Q  ASSISTANT:")
    #expect(try prompt(#"{"text":" Q ","image":"a"}"#, plain) == "S USER: <image>\n Q  ASSISTANT:")
    #expect(
      try prompt(#"{"text":"old","question":"Q","image":"a"}"#, plain)
        == "S USER: <image>\nQ ASSISTANT:")
    #expect(
      try prompt(#"{"images":["a","b"],"text":"Q"}"#, plain)
        == "S USER: <image>\n<image>\nQ ASSISTANT:")
    #expect(
      try prompt(#"{"image":["a","b"],"text":"Q"}"#, plain)
        == "S USER: <image>\n<image>\nQ ASSISTANT:")
    #expect(
      try prompt(#"{"image":"a","text":"Q <image>"}"#, plain) == "S USER: <image>\nQ ASSISTANT:")
    #expect(try prompt(#"{"image":null,"text":"Q"}"#, plain) == "S USER: Q ASSISTANT:")
    #expect(try prompt(#"{"image":"a"}"#, options("plain")) == "<image>\n")
  }

  @Test func dialoguesBecomePrompts() throws {
    let text = """
      {"image":"a","conversations":[{"from":"human","value":"Q1\\n<image>"},
      {"from":"gpt","value":"A1"},{"from":"human","value":"Q2"},{"from":"gpt","value":"A2"}]}
      """
    var options = try options()
    #expect(try prompt(text, options) == "S USER: <image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:")
    options.question = "Q3"
    #expect(try prompt(text, options) == "S USER: <image>\nQ1 ASSISTANT: A1</s>USER: Q3 ASSISTANT:")
    options.isForTraining = true
    options.imagePosition = .keep
    #expect(
      try prompt(text, options)
        == "S USER: Q1\n<image> ASSISTANT: A1</s>USER: Q2 ASSISTANT: A2</s>")
  }

  @Test func anAskedQuestionKeepsTheImageOfTheOneItReplaces() throws {
    var options = try options()
    options.question = "X"
    let text = """
      {"image":"a","conversations":[{"from":"human","value":"<image>\\nQ"},
      {"from":"gpt","value":"A"}]}
      """
    #expect(try prompt(text, options) == "S USER: <image>\nX ASSISTANT:")
  }

  @Test func aPromptCarriesItsRecipe() throws {
    var named = try options()
    named.recipe = "a \"recipe\""
    for (options, recipe) in [(named, named.recipe), (try options(), nil)] {
      var notes: [FormatNote] = []
      let made = try RecordFormatter(options).format(record(#"{"text":"Q"}"#), notes: &notes)
      let json = try #require(made["prompt"])
      #expect(json.object?["recipe"]?.string == recipe)
      #expect(json.object?.keys.contains("recipe") == (recipe != nil))
      let read = try Prompt(json)
      #expect(read.recipe == recipe && read.json == json)
    }
  }

  @Test func theQuestionTakesTheNameQuestion() throws {
    var notes: [FormatNote] = []
    let made = try RecordFormatter(options()).format(
      record(#"{"question_id":7,"text":"Q","category":"c"}"#), notes: &notes)
    #expect(made.keys == ["question_id", "question", "category", "prompt"])
  }

  @Test(arguments: [
    (#"{"image":"a","text":"<image><image>"}"#, "prompt/image-count"),
    (#"{"images":["a","b"],"text":"<image>"}"#, "prompt/image-count"),
    (#"{"image":["a",1],"text":"Q"}"#, "record/image"),
    (#"{"image":"","text":"Q"}"#, "record/image"),
    (#"{"images":[1],"text":"Q"}"#, "record/image"),
    (#"{"image":"a","images":["a"],"text":"Q"}"#, "record/image"),
    (#"{"image":"a"}"#, "record/no-question"),
    (#"{"text":5}"#, "record/question"),
    (#"{"conversations":[]}"#, "conversation/empty"),
    (#"{"conversations":7}"#, "conversation/empty"),
    (#"{"conversations":[{"from":"human"}]}"#, "conversation/turn"),
    (#"{"conversations":[{"from":"system","value":"x"}]}"#, "conversation/role"),
    (#"{"conversations":[{"from":"human","value":""}]}"#, "conversation/empty-question"),
    (#"{"conversations":[{"from":"gpt","value":"x"}]}"#, "conversation/no-answer"),
    (
      #"{"conversations":[{"from":"human","value":"a"},{"from":"human","value":"b"}]}"#,
      "conversation/alternation"
    ),
  ])
  func badRecordsAreRefusedByName(text: String, expected: String) throws {
    #expect(try code(text, options()) == expected)
  }

  @Test(arguments: [
    (#"{"text":"Q"}"#, "record/no-conversations"),
    (#"{"conversations":[{"from":"human","value":"Q"}]}"#, "conversation/no-answer"),
    (
      #"{"image":"a","conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}"#,
      "prompt/image-count"
    ),
    (
      #"{"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":""}]}"#,
      "conversation/empty-answer"
    ),
  ])
  func badTrainingRecordsAreRefusedByName(text: String, expected: String) throws {
    var options = try options()
    options.isForTraining = true
    #expect(try code(text, options) == expected)
  }

  @Test func aPlaceholderWithoutAnImageIsText() throws {
    var notes: [FormatNote] = []
    let made = try RecordFormatter(options()).format(
      record(#"{"text":"what does <image> mean?"}"#), notes: &notes)
    #expect(notes == [.placeholder])
    let prompt = try Prompt(#require(made["prompt"]))
    #expect(prompt.segments.count == 1)
  }

  @Test func specialTokensInTextsFollowThePolicy() throws {
    let text = #"{"text":"a</s>b ASSISTANT: c"}"#
    var options = try options()
    var notes: [FormatNote] = []
    _ = try RecordFormatter(options).format(record(text), notes: &notes)
    #expect(notes == [.special, .separator])
    options.specials = .error
    #expect(try code(text, options) == "prompt/special-token")
    options.specials = .allow
    let made = try RecordFormatter(options).format(record(text), notes: &notes)
    let prompt = try Prompt(#require(made["prompt"]))
    #expect(prompt.segments.map(\.content).contains(.special("</s>")))
    options.separators = .error
    #expect(try code(text, options) == "prompt/separator")
  }

  @Test func findingsAreNotedEvenIfTheRecordIsRefused() throws {
    var notes: [FormatNote] = []
    let formatter = RecordFormatter(try options())
    let bad = try record(#"{"image":"a","text":"<image><image></s>"}"#)
    #expect(throws: Failure.self) { try formatter.format(bad, notes: &notes) }
    #expect(notes == [.special])
  }

  @Test func imagePositionsAreRandomByIdAndSeedOnly() throws {
    var options = try options()
    options.imagePosition = .random
    var first = 0
    for number in 0..<200 {
      let text = #"{"id":"r\#(number)","image":"a","text":"Q"}"#
      let made = try prompt(text, options)
      #expect(try prompt(text, options) == made)
      #expect(made.contains("<image>\nQ") || made.contains("Q\n<image>"))
      if made.contains("<image>\nQ") { first += 1 }
    }
    #expect((70...130).contains(first))
  }

  @Test func sequencesAreCutFromTheRightButNeverInAnImage() throws {
    var options = try options("plain")
    options.isForTraining = true
    options.tokenizer = try Tokenizer.load(path: "\(Models.golden)/llama.model")
    options.imageTokens = 10
    let text = """
      {"image":"a","conversations":[{"from":"human","value":"<image>"},
      {"from":"gpt","value":"the cat sits on the street"}]}
      """
    func tokens(_ limit: Int) throws -> (Prompt.Tokens, [FormatNote]) {
      options.maxLength = limit
      var notes: [FormatNote] = []
      let made = try RecordFormatter(options).format(record(text), notes: &notes)
      let prompt = try Prompt(#require(made["prompt"]))
      return (try #require(prompt.tokens), notes)
    }
    let (whole, silence) = try tokens(1000)
    #expect(silence.isEmpty)
    let (cut, notes) = try tokens(14)
    #expect(notes == [.truncated])
    #expect(cut.ids == Array(whole.ids.prefix(4)))
    #expect(cut.lossSpans == [1..<4])
    for limit in [11, 10, 5, 1] {
      options.maxLength = limit
      let found = try code(text, options)
      #expect(found == "prompt/no-loss" || found == "prompt/too-long")
    }
    options.isForTraining = false
    options.maxLength = 11
    #expect(try code(text, options) == "prompt/too-long")
  }

  @Test func promptsSurviveTheirSpelling() throws {
    let tokenizer = try Tokenizer.load(path: "\(Models.golden)/llama.model")
    var prompt = try template("v1").trainingPrompt(for: dialogue(["<image>\nQ", "A", "R", "B"]))
    prompt.tokens = try prompt.encoded(by: tokenizer)
    let spelled = try JSONValue(parsing: prompt.json.serialized())
    #expect(try Prompt(spelled) == prompt)
  }

  @Test(arguments: [
    "{}", "[]", #"{"segments":[{}]}"#, #"{"segments":[],"tokens":[1.5]}"#,
    #"{"segments":[],"tokens":[1],"image_positions":[2],"image_order":[0]}"#,
    #"{"segments":[],"tokens":[1],"image_positions":[1,0],"image_order":[0,1]}"#,
    #"{"segments":[],"tokens":[1],"image_positions":[1]}"#,
    #"{"segments":[],"tokens":[1,2],"loss_spans":[[1,3]]}"#,
    #"{"segments":[],"tokens":[1,2],"loss_spans":[[1,2],[0,1]]}"#,
    #"{"segments":[],"tokens":[1,2],"loss_spans":[[1,1]]}"#,
    #"{"segments":[],"stop":"x"}"#, #"{"segments":[],"stop":["a",5]}"#,
    #"{"segments":[],"stop":{}}"#, #"{"segments":[],"template":{}}"#,
    #"{"segments":[],"tokens":[1],"loss_spans":5}"#,
    #"{"segments":[{"text":"a","loss":"yes"}]}"#,
  ])
  func impossiblePromptsAreRefused(text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect { try Prompt(value) } throws: { ($0 as? Failure)?.code == "prompt/invalid" }
  }

  @Test(arguments: [
    (#"{"segments":[],"recipe":7}"#, "prompt/invalid", "a `recipe` that is not a text"),
    (#"{"segments":[{"image":-1}]}"#, "prompt/invalid", "image -1, where numbers begin at 0"),
    (
      #"{"segments":[],"tokens":[-1]}"#, "prompt/invalid",
      "token id -1, where ids are 0 to 2147483647"
    ),
    (
      #"{"segments":[],"tokens":[4294967296]}"#, "prompt/invalid",
      "id 4294967296, where ids are 0 to 2147483647"
    ),
    (
      #"{"segments":[{"image":0}],"tokens":[1]}"#, "prompt/invalid",
      "without `image_positions`"
    ),
    (
      #"{"segments":[],"tokens":[1],"image_positions":[0],"image_order":[-7]}"#,
      "prompt/invalid", "image -7, where numbers begin at 0"
    ),
  ])
  func numbersThatCannotBeAreNamed(text: String, code: String, message: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    let failure = #expect(throws: Failure.self) { try Prompt(value) }
    #expect(failure?.code == code)
    #expect(failure?.message.hasSuffix(message) == true)
  }
}
