// A conversation template: the constant texts around what a user and an assistant say.
// SPDX-License-Identifier: Apache-2.0

/// How a dialogue is written out. The templates are those of LLaVA's llava/conversation.py.
public struct ConversationTemplate: Equatable, Sendable {
  /// The rule that joins the parts.
  public enum Style: Equatable, Sendable {
    /// `system###Role: text###Role:`, one separator everywhere.
    case single
    /// `system USER: text ASSISTANT: text</s>USER:`, one separator for each side.
    case two
    /// `<|im_start|>user\ntext<|im_end|>`, the role being part of the markup.
    case mpt
    /// `[INST] <<SYS>>\nsystem\n<</SYS>>\n\ntext [/INST] text </s><s>[INST] text [/INST]`.
    case llama2
    /// Nothing but the texts, each with a line's end.
    case plain
  }

  /// The key under which users ask for it, such as `vicuna_v1`.
  public var key: String
  public var system: String
  public var human: String
  public var assistant: String
  public var style: Style
  /// Ends a turn; for LLaMA 2 it begins the human's. May be a special token.
  public var separator: String
  /// Ends the assistant's turn where that differs.
  public var secondSeparator: String?
  /// LLaVA's `version`, which decides about image markup.
  public var version: String
  /// Turns that come before every dialogue: question, answer and so on.
  public var preset: [String]

  /// Whether images stand between `<Image>` and `</Image>`.
  public var hasImageMarkup: Bool { version.contains("mmtag") }

  /// Texts that end an answer.
  public var stop: [String] {
    switch style {
    case .two, .llama2: [secondSeparator ?? separator]
    case .single, .mpt, .plain: [separator]
    }
  }

  /// Texts that structure the prompt and that a user's text should therefore not contain.
  public var structuralTexts: [String] {
    switch style {
    case .single: [separator]
    case .two: ["\(human):", "\(assistant):"]
    case .llama2: ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"]
    case .mpt, .plain: []
    }
  }
}

/// Special tokens that templates and LLaVA's tokenisers use, for when no tokeniser is at hand.
public let commonSpecialTokens = [
  "<s>", "</s>", "<unk>", "<pad>", "[PAD]", "<|im_start|>", "<|im_end|>", "<|endoftext|>",
  "<im_start>", "<im_end>", "<im_patch>",
]
