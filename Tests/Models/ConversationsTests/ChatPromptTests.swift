// Chat requests in each style of template: the system text, the shots, the open turn.
// SPDX-License-Identifier: Apache-2.0
import Chat
import Conversations
import InputOutput
import Testing
import Tokenizers

@Suite struct ChatPromptTests {
  static let shots = [
    ChatMessage(.system, "S"), ChatMessage(.user, "Q1"), ChatMessage(.assistant, "A1"),
    ChatMessage(.user, "Q2"),
  ]

  private func text(_ key: String, _ messages: [ChatMessage]) throws -> String {
    let template = try #require(ConversationTemplate.named(key))
    return try template.prompt(forChat: messages).segments.reduce(into: "") { text, segment in
      switch segment.content {
      case .text(let part), .special(let part): text += part
      case .image: Issue.record("no image was asked for")
      }
    }
  }

  @Test(arguments: [
    ("vicuna_v1", "S USER: Q1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:"),
    ("llava_v0", "S###Human: Q1###Assistant: A1###Human: Q2###Assistant:"),
    ("llava_llama_2", "[INST] <<SYS>>\nS\n<</SYS>>\n\nQ1 [/INST] A1 </s><s>[INST] Q2 [/INST]"),
    ("mistral_instruct", "[INST] <<SYS>>\nS\n<</SYS>>\n\nQ1 [/INST] A1 </s>[INST] Q2 [/INST]"),
    (
      "chatml_direct",
      "<|im_start|>system\nS<|im_end|><|im_start|>user\nQ1<|im_end|><|im_start|>assistant\nA1"
        + "<|im_end|><|im_start|>user\nQ2<|im_end|><|im_start|>assistant\n"
    ),
  ])
  func writesTheSystemTextAndTheShots(_ key: String, _ expected: String) throws {
    #expect(try text(key, Self.shots) == expected)
  }

  @Test func keepsTheTemplatesSystemTextWhereThereIsNone() throws {
    let template = try #require(ConversationTemplate.named("vicuna_v1"))
    #expect(
      try text("vicuna_v1", [ChatMessage(.user, "Q")])
        == template.system + " USER: Q ASSISTANT:")
  }

  /// What a user says is text, whatever it looks like: no special token, no image.
  @Test func whatIsSaidIsText() throws {
    let template = try #require(ConversationTemplate.named("vicuna_v1"))
    let prompt = try template.prompt(forChat: [ChatMessage(.user, "a</s><image>")])
    #expect(prompt.segments.count == 1)
  }

  @Test(arguments: [
    [], [ChatMessage(.system, "S")], [ChatMessage(.assistant, "A")],
    [ChatMessage(.user, "Q"), ChatMessage(.assistant, "A")],
    [ChatMessage(.user, "Q"), ChatMessage(.user, "Q")],
    [ChatMessage(.user, "Q"), ChatMessage(.system, "S"), ChatMessage(.user, "Q")],
  ])
  func refusesWhatNobodyCanAnswer(_ messages: [ChatMessage]) throws {
    let template = try #require(ConversationTemplate.named("vicuna_v1"))
    let failure = #expect(throws: Failure.self) { try template.prompt(forChat: messages) }
    #expect(failure?.code == "chat/messages")
  }
}
