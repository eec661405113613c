// A prompt as it travels in a record's `prompt` member: segments, and token ids once known.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// One part of a prompt.
public struct PromptSegment: Equatable, Sendable {
  public enum Content: Equatable, Sendable {
    /// Plain text, in which nothing is a special token.
    case text(String)
    /// One special token by its name.
    case special(String)
    /// The features of the record's image with this number, from 0.
    case image(Int)
  }

  public var content: Content
  /// Whether this part carries loss.
  public var carriesLoss: Bool

  public init(_ content: Content, carriesLoss: Bool = false) {
    self.content = content
    self.carriesLoss = carriesLoss
  }
}

/// The input of a model as structure, with special tokens and images at their positions.
public struct Prompt: Equatable, Sendable {
  /// A prompt's ids for one tokeniser.
  public struct Tokens: Equatable, Sendable {
    public var ids: [Int32]
    /// For each image the number of ids before its features, ascending.
    public var imagePositions: [Int]
    /// For each position the number of the record's image that goes there.
    public var imageOrder: [Int]
    /// The ids that carry loss, as ranges in ascending order. Empty for inference.
    public var lossSpans: [Range<Int>]

    public init(
      ids: [Int32], imagePositions: [Int], imageOrder: [Int], lossSpans: [Range<Int>] = []
    ) {
      self.ids = ids
      self.imagePositions = imagePositions
      self.imageOrder = imageOrder
      self.lossSpans = lossSpans
    }
  }

  /// The template's key, such as `vicuna_v1`.
  public var template: String
  /// The name of the recipe that the prompt was made by, where one was asked for.
  public var recipe: String?
  public var segments: [PromptSegment]
  /// Texts that end an answer, besides the end-of-sequence token.
  public var stop: [String]
  public var tokens: Tokens?

  public init(
    template: String, segments: [PromptSegment], stop: [String], tokens: Tokens? = nil
  ) {
    self.template = template
    self.segments = segments
    self.stop = stop
    self.tokens = tokens
  }

  /// Whether any segment carries loss: then this is a training sequence.
  public var isForTraining: Bool { segments.contains(where: \.carriesLoss) }

  /// The ids of the segments, with BOS; `tokens` is not looked at.
  ///
  /// - Throws: `tokenizer/unknown-special` for a special token that the tokeniser lacks.
  public func encoded(by tokenizer: Tokenizer) throws(Failure) -> Tokens {
    let encoding = try tokenizer.encode(
      segments: segments.map { segment in
        switch segment.content {
        case .text(let text): .text(text)
        case .special(let name): .special(name)
        case .image: .image
        }
      })
    let order = segments.compactMap { segment in
      if case .image(let number) = segment.content { number } else { nil }
    }
    var spans: [Range<Int>] = []
    for (index, origin) in encoding.origins.enumerated()
    where origin >= 0 && segments[Int(origin)].carriesLoss {
      if let last = spans.last, last.upperBound == index {
        spans[spans.count - 1] = last.lowerBound..<index + 1
      } else {
        spans.append(index..<index + 1)
      }
    }
    return Tokens(
      ids: encoding.tokens, imagePositions: encoding.imagePositions, imageOrder: order,
      lossSpans: spans)
  }
}
