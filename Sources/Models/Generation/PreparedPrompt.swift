// A prompt as the model takes it: runs of token ids, and images as rows of word embeddings.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import InputOutput
import Tensors

/// The prompt of an answer.
public struct PreparedPrompt: Sendable {
  public enum Piece: Sendable {
    case tokens([Int32])
    /// [rows, width] of any float type.
    case image(Tensor)

    public var length: Int {
      switch self {
      case .tokens(let ids): ids.count
      case .image(let rows): rows.shape[0]
      }
    }
  }

  public var pieces: [Piece]
  /// Texts that end the answer.
  public var stops: [String]

  public init(pieces: [Piece], stops: [String] = []) {
    self.pieces = pieces
    self.stops = stops
  }

  /// The failure of a prompt that takes `length` positions where there are fewer.
  public static func tooLong(_ length: Int, positions: Int) -> Failure {
    Failure(
      .mismatch, code: "prompt/too-long",
      "the prompt takes \(length) positions, the model has \(positions)",
      remedy: "shorten the conversation")
  }

  /// Positions of the prompt in the KV cache.
  public var length: Int { pieces.reduce(0) { $0 + $1.length } }

  /// The token ids without the images.
  public var tokens: [Int32] {
    pieces.flatMap { piece -> [Int32] in
      if case .tokens(let ids) = piece { ids } else { [] }
    }
  }

  /// The length of the common prefix of both prompts, in positions.
  public func commonPrefix(with other: PreparedPrompt) -> Int {
    var length = 0
    for (left, right) in zip(pieces, other.pieces) {
      switch (left, right) {
      case (.tokens(let a), .tokens(let b)):
        let same = zip(a, b).prefix { $0 == $1 }.count
        length += same
        guard same == a.count, same == b.count else { return length }
      case (.image(let a), .image(let b)):
        guard a.hasSameBytes(as: b) else { return length }
        length += a.shape[0]
      default: return length
      }
    }
    return length
  }

  /// Embeddings [length - start, width] of the positions from `start` on.
  func embeddings(from start: Int, model: LanguageModel) throws(AllocationError) -> Tensor {
    var parts: [Tensor] = []
    var position = 0
    for piece in pieces {
      let skipped = min(max(0, start - position), piece.length)
      position += piece.length
      guard skipped < piece.length else { continue }
      switch piece {
      case .tokens(let ids): parts.append(try model.embed(Array(ids[skipped...])))
      case .image(let rows): parts.append(try rows.rows(skipped..<piece.length).widened())
      }
    }
    return try model.join(parts)
  }
}
