// The choices of one run of convo-format.
// SPDX-License-Identifier: Apache-2.0
import Tokenizers

/// What to make of records.
public struct FormatOptions: Sendable {
  /// What becomes of a special token's name in a user's text.
  public enum SpecialPolicy: String, CaseIterable, Sendable {
    /// The record is refused.
    case error
    /// It is plain text.
    case text
    /// It is the special token, as in the reference.
    case allow
  }

  /// What becomes of a text that holds the template's own separators.
  public enum SeparatorPolicy: String, CaseIterable, Sendable { case warn, error }

  /// That of all records which name none.
  public var template: ConversationTemplate
  /// The system text of every template, in place of its own.
  public var system: String?
  public var isForTraining = false
  /// The question for every record, whatever the record asks.
  public var question: String?
  public var imagePosition = ImagePosition.first
  /// Decides random positions, together with each record's id.
  public var seed: UInt64 = 0
  /// Adds token ids.
  public var tokenizer: Tokenizer?
  /// Rows of features that each image becomes.
  public var imageTokens = 576
  /// Most tokens of a sequence, features included.
  public var maxLength: Int?
  public var specials = SpecialPolicy.text
  public var separators = SeparatorPolicy.warn
  public var prompt = PromptOptions()
  /// The name that each prompt carries of the recipe which these options are.
  public var recipe: String?

  public init(template: ConversationTemplate) { self.template = template }

  /// The special tokens to look for in texts. `<image>` is none of them even where the tokeniser
  /// has it: where it does not place an image it is text.
  var specialNames: [String] {
    (tokenizer?.specialNames ?? commonSpecialTokens).filter { $0 != imagePlaceholder }
  }
}

/// Something worth reporting about a record that was formatted all the same.
public struct FormatNote: Equatable, Hashable, Sendable {
  /// A stable name, such as `prompt/separator`.
  public var code: String
  public var message: String

  /// A special token's name stands in a text.
  public static let special = FormatNote(
    code: "prompt/special-token", message: "the name of a special token stands in a text")
  /// A separator of the template stands in a text.
  public static let separator = FormatNote(
    code: "prompt/separator", message: "a separator of the template stands in a text")
  /// `<image>` stands where no image can be.
  public static let placeholder = FormatNote(
    code: "prompt/placeholder", message: "<image> stands in a text that has no image")
  /// A training sequence was cut at the longest length.
  public static let truncated = FormatNote(
    code: "prompt/truncated", message: "the sequence was cut at --max-length")
}
