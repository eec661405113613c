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
    /// Where it stands in the sequence; nil where the table does not say.
    public var positions: Range<Int>?

    public init(id: String, piece: String, carriesLoss: Bool, positions: Range<Int>? = nil) {
      (self.id, self.piece, self.carriesLoss) = (id, piece, carriesLoss)
      self.positions = positions
    }

    /// The row of token `id`.
    public static func token(
      _ id: Int32, _ tokenizer: Tokenizer?, carriesLoss: Bool, position: Int? = nil
    ) -> Row {
      Row(
        id: String(id), piece: escapedForTerminal(tokenizer?.piece(id) ?? "?"),
        carriesLoss: carriesLoss, positions: position.map { $0..<$0 + 1 })
    }

    /// The row of the record's image `number`, of so many rows of features.
    public static func image(_ number: Int, rows: Int, from position: Int? = nil) -> Row {
      Row(
        id: "", piece: "[image \(number): \(rows) features]", carriesLoss: false,
        positions: position.map { $0..<$0 + rows })
    }
  }

  public let rows: [Row]

  public init(rows: [Row]) { self.rows = rows }

  /// - Parameter imageRows: rows of features that an image of this number becomes.
  public init(_ tokens: Prompt.Tokens, _ tokenizer: Tokenizer, imageRows: (Int) -> Int) {
    var rows: [Row] = []
    var images = zip(tokens.imagePositions, tokens.imageOrder).makeIterator()
    var image = images.next()
    var spans = tokens.lossSpans.makeIterator()
    var span = spans.next()
    for index in 0...tokens.ids.count {
      while let (position, number) = image, position == index {
        rows.append(.image(number, rows: imageRows(number)))
        image = images.next()
      }
      guard index < tokens.ids.count else { break }
      if let current = span, current.upperBound <= index { span = spans.next() }
      rows.append(
        .token(tokens.ids[index], tokenizer, carriesLoss: span?.contains(index) ?? false))
    }
    self.rows = rows
  }

  /// One line per token: its position if known, id, piece, and `loss` if it carries loss, in green
  /// with `colour`.
  public func text(colour: Bool) -> String {
    let widest = rows.map(\.piece.count).max() ?? 0
    let widestPlace = rows.map(\.place.count).max() ?? 0
    return rows.reduce(into: "") { text, row in
      let padding = String(repeating: " ", count: max(0, 6 - row.id.count))
      var line = padding + row.id + "  " + row.piece
      if widestPlace > 0 {
        line = String(repeating: " ", count: widestPlace - row.place.count) + row.place + line
      }
      if row.carriesLoss {
        line += String(repeating: " ", count: widest - row.piece.count) + "  loss"
        if colour { line = "\u{1b}[32m" + line + "\u{1b}[0m" }
      }
      text += line + "\n"
    }
  }
}

extension MaskTable.Row {
  /// The positions as they are printed: `7`, or `1-576`.
  fileprivate var place: String {
    guard let positions else { return "" }
    let first = String(positions.lowerBound)
    return positions.count == 1 ? first : "\(first)-\(positions.upperBound - 1)"
  }
}
