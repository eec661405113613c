// Shows a sequence token by token, and which of them training predicts.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tokenizers

/// A printable view of a prompt's tokens.
public struct MaskTable {
  /// One token, or the features of an image.
  public struct Row: Equatable, Sendable {
    /// Empty for an image.
    public var id: String
    public var piece: String
    public var carriesLoss: Bool
  }

  public let rows: [Row]

  /// - Parameter imageTokens: rows of features an image becomes, for its line.
  public init(_ tokens: Prompt.Tokens, _ tokenizer: Tokenizer, imageTokens: Int) {
    var rows: [Row] = []
    var images = zip(tokens.imagePositions, tokens.imageOrder).makeIterator()
    var image = images.next()
    var spans = tokens.lossSpans.makeIterator()
    var span = spans.next()
    for index in 0...tokens.ids.count {
      while let (position, number) = image, position == index {
        let piece = "[image \(number): \(imageTokens) features]"
        rows.append(Row(id: "", piece: piece, carriesLoss: false))
        image = images.next()
      }
      guard index < tokens.ids.count else { break }
      if let current = span, current.upperBound <= index { span = spans.next() }
      let id = tokens.ids[index]
      rows.append(
        Row(
          id: String(id), piece: escapedForTerminal(tokenizer.piece(id) ?? "?"),
          carriesLoss: span?.contains(index) ?? false))
    }
    self.rows = rows
  }

  /// A line a token: id, piece, and `loss` where there is one, in green with `colour`.
  public func text(colour: Bool) -> String {
    let widest = rows.map(\.piece.count).max() ?? 0
    return rows.reduce(into: "") { text, row in
      let padding = String(repeating: " ", count: max(0, 6 - row.id.count))
      var line = padding + row.id + "  " + row.piece
      if row.carriesLoss {
        line += String(repeating: " ", count: widest - row.piece.count) + "  loss"
        if colour { line = "\u{1b}[32m" + line + "\u{1b}[0m" }
      }
      text += line + "\n"
    }
  }
}
