// What a prompt depends on besides its dialogue and its template.
// SPDX-License-Identifier: Apache-2.0

/// Choices that hold for every record of a run.
public struct PromptOptions: Sendable {
  /// What stands around an image.
  public enum ImageMarkup: Equatable, Sendable {
    case none
    /// `<Image>` and `</Image>` as text: the mmtag templates.
    case tags
    /// The added tokens `<im_start>` and `<im_end>`: LLaVA's first release.
    case tokens
  }

  /// Sequences that only the reference makes.
  public enum Compatibility: String, CaseIterable, Sendable {
    /// The v0 training string, which differs from the v0 prompt: a blank line after the system
    /// text, `### Role: text` lines, loss also on each `###` and on the assistant's role.
    case referenceV0 = "reference-v0"
  }

  /// Special tokens that texts may name; empty leaves them all plain text.
  public var allowedSpecials: [String] = []
  /// Whether images stand between `<im_start>` and `<im_end>`.
  public var usesImageTokens = false
  /// Whether an mmtag template shows the image in an exchange of its own, as LLaVA's web page did.
  public var introducesImages = false
  public var compatibility: Compatibility?

  public init() {}

  /// Whether training sequences of `template` are the reference's v0 string.
  func writesReferenceV0(_ template: ConversationTemplate) -> Bool {
    compatibility == .referenceV0 && template.style == .single
  }
}
