// A record as training sees it: tokens and images in order, and what is learned of them.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import InputOutput
import Tensors
import Tokenizers

/// One sequence. Image rows are at their positions in the prompt, and never carry loss.
public struct TrainingSequence: Sendable {
  public enum Part: Sendable {
    case tokens([Int32])
    /// Features [rows, width] of any float type.
    case image(Tensor)
    /// An image U8 [side, side, 3], and the number of its feature rows, the first ones.
    case pixels(Tensor, rows: Int)

    public var length: Int {
      switch self {
      case .tokens(let ids): ids.count
      case .image(let rows): rows.shape[0]
      case .pixels(_, let rows): rows
      }
    }
  }

  /// The limits of sequences.
  public struct Limits: Equatable, Sendable {
    /// The longest sequence in positions, images included; longer ones are truncated.
    public var maxLength: Int
    /// Token ids are below this.
    public var vocabularyRows: Int

    public init(maxLength: Int, vocabularyRows: Int) {
      (self.maxLength, self.vocabularyRows) = (maxLength, vocabularyRows)
    }
  }

  public let id: String
  public internal(set) var parts: [Part]
  /// The number in its record of each image among the parts.
  public internal(set) var imageNumbers: [Int] = []
  /// Rows whose next token carries loss, ascending.
  public internal(set) var targets: [Target] = []
  public internal(set) var length = 0
  /// Positions before truncation.
  public internal(set) var fullLength = 0
  public var isTruncated: Bool { fullLength > length }

  /// The sequence of `tokens` with the features of `images`, truncated at the end to the longest length.
  ///
  /// `pixelRows`: if images are pixels, the number of feature rows of each of them.
  /// Throws `prompt/…`: `image-count`, `token-range`, and `no-loss` if no token carries loss.
  public init(
    id: String, tokens: Prompt.Tokens, images: [Tensor], pixelRows: Int? = nil, limits: Limits
  ) throws(Failure) {
    self.id = id
    parts = []
    try Self.check(tokens, images: images.count, limits)
    var start = 0
    for (position, image) in zip(tokens.imagePositions, tokens.imageOrder) {
      append(tokens, start..<position, limits)
      let part: Part
      if let pixelRows {
        part = .pixels(images[image], rows: pixelRows)
      } else {
        part = .image(images[image])
      }
      let before = parts.count
      append(part, limits)
      if parts.count > before { imageNumbers.append(image) }
      start = position
    }
    append(tokens, start..<tokens.ids.count, limits)
    guard !targets.isEmpty else {
      throw isTruncated ? Self.nothingToLearn(within: limits) : Self.nothingToLearn
    }
  }

  /// The failure of a record without tokens that carry loss.
  public static let nothingToLearn = Failure(
    .mismatch, code: "prompt/no-loss", "no token carries loss",
    remedy: "format the records with convo-format --train")

  /// The failure of a record whose tokens that carry loss are all cut off.
  public static func nothingToLearn(within limits: Limits) -> Failure {
    Failure(
      .mismatch, code: "prompt/no-loss",
      "no token within the first \(limits.maxLength) positions carries loss",
      remedy: "raise --max-length")
  }

  /// The number of its images.
  public var images: Int {
    parts.count { if case .tokens = $0 { false } else { true } }
  }

  /// Throws `prompt/image-count` and `prompt/token-range`, as making the sequence does.
  public static func check(_ tokens: Prompt.Tokens, images: Int, _ limits: Limits)
    throws(Failure)
  {
    let named = Set(tokens.imageOrder)
    guard named == Set(0..<images) else {
      throw Failure(
        .mismatch, code: "prompt/image-count",
        "the prompt names \(counted(named.count, "image")), the record carries \(images)",
        remedy: "pass records with images through clip-encode")
    }
    for id in tokens.ids where id < 0 || Int(id) >= limits.vocabularyRows {
      throw Failure(
        .mismatch, code: "prompt/token-range",
        "token id \(id) is not below the model's \(limits.vocabularyRows) embeddings",
        remedy: "format the records with the model's own tokenizer")
    }
  }

  private mutating func append(
    _ tokens: Prompt.Tokens, _ range: Range<Int>, _ limits: Limits
  ) {
    guard !range.isEmpty else { return }
    let first = length
    append(.tokens(Array(tokens.ids[range])), limits)
    for span in tokens.lossSpans {
      for index in span.clamped(to: range) {
        let position = first + index - range.lowerBound
        // The first token of all follows nothing.
        guard position > 0, position < length else { continue }
        targets.append(Target(row: Int32(position - 1), label: tokens.ids[index]))
      }
    }
  }

  private mutating func append(_ part: Part, _ limits: Limits) {
    let room = limits.maxLength - length
    fullLength += part.length
    let kept = min(room, part.length)
    guard kept > 0 else { return }
    switch part {
    case .tokens(let ids): parts.append(.tokens(Array(ids[..<kept])))
    case .image(let rows): parts.append(.image(rows.rows(0..<kept)))
    case .pixels(let image, _): parts.append(.pixels(image, rows: kept))
    }
    length += kept
  }
}
