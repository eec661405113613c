// The second prompt, byte by byte, and what is stored in the end.
// SPDX-License-Identifier: Apache-2.0
import JSON
import ScienceQA
import Testing
import Tokenizers

@Suite struct TwoPassTests {
  private static let prompt = """
    {"template":"llava_v0","segments":[{"text":"###Human: Q\\n"},{"image":0},
    {"text":"###Assistant:"}],"stop":["###"],"tokens":[1,2],"image_positions":[1],"image_order":[0]}
    """

  private func object(_ text: String) throws -> JSONObject { try #require(try value(text).object) }

  @Test func theSecondPromptGoesOnBehindTheReasons() throws {
    let first = try object(
      #"{"id":"1","image":"1/image.png","prompt":\#(Self.prompt),"text":"LECTURE: L","#
        + #""finish_reason":"stop","prompt_tokens":9,"completion_tokens":3}"#)
    let second = try TwoPass.second(first)
    #expect(second.keys == ["id", "image", "prompt", "reasoning"])
    let prompt = try Prompt(try #require(second["prompt"]))
    #expect(
      prompt.segments.map(\.content) == [
        .text("###Human: Q\n"), .image(0), .text("###Assistant:LECTURE: L ###\nANSWER:"),
      ])
    #expect(prompt.stop == ["###"] && prompt.tokens == nil)
    var answered = second
    answered["text"] = .string("B.")
    let joined = try TwoPass.joined(answered)
    #expect(joined["text"] == .string("LECTURE: L\n The answer is B."))
    #expect(ParsedAnswer("LECTURE: L\n The answer is B.") == .letter("B"))
    #expect(failure { _ = try TwoPass.joined(joined) }?.code == "scienceqa/second-pass")
  }

  @Test func aPromptThatEndsInAnImageGetsATextOfItsOwn() throws {
    let second = try TwoPass.second(
      try object(#"{"prompt":{"segments":[{"image":0}]},"text":"R"}"#))
    let prompt = try Prompt(try #require(second["prompt"]))
    #expect(prompt.segments.map(\.content) == [.image(0), .text("R ###\nANSWER:")])
  }

  @Test(arguments: [
    (#"{"id":"1","prompt":{"segments":[]}}"#, "scienceqa/first-pass"),
    (#"{"id":"1","text":"R"}"#, "scienceqa/first-pass"),
    (#"{"id":"1","text":7,"prompt":{"segments":[]}}"#, "scienceqa/first-pass"),
    (#"{"id":"1","text":"R","prompt":"<image>\nQ"}"#, "prompt/invalid"),
    (#"{"text":"R","prompt":{"segments":[{"text":"a","loss":true}]}}"#, "scienceqa/first-pass"),
  ])
  func refusesWhatIsNoFirstPass(text: String, code: String) throws {
    let first = try object(text)
    #expect(failure { _ = try TwoPass.second(first) }?.code == code)
  }

  @Test(arguments: [#"{"text":"B."}"#, #"{"reasoning":"R"}"#, #"{"reasoning":1,"text":"B."}"#])
  func refusesWhatIsNoSecondPass(text: String) throws {
    let second = try object(text)
    #expect(failure { _ = try TwoPass.joined(second) }?.code == "scienceqa/second-pass")
  }
}
