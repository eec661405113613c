// Finds the longest of a set of pieces that a text continues with.
// SPDX-License-Identifier: Apache-2.0

/// Pieces that are looked for at every place of a text: user-defined ones, special tokens.
public struct PrefixMatcher: Sendable {
  private var table: PieceTable
  /// The lengths that occur, longest first.
  private let lengths: [Int]
  /// For each byte whether a piece begins with it.
  private var begins: [Bool]

  /// A matcher for `pieces`; empty ones never match.
  public init(_ pieces: [String]) {
    table = PieceTable(capacity: pieces.count)
    lengths = Set(pieces.map(\.utf8.count)).subtracting([0]).sorted(by: >)
    begins = Array(repeating: false, count: 256)
    for (index, piece) in pieces.enumerated() where !piece.isEmpty {
      _ = table.insert(Array(piece.utf8), id: Int32(truncatingIfNeeded: index))
      if let first = piece.utf8.first { begins[Int(first)] = true }
    }
  }

  /// The length in bytes of the longest piece that `text` has at `position`, 0 if there is none.
  public func match(_ text: [UInt8], at position: Int) -> Int {
    match(text, in: position..<text.count)?.size ?? 0
  }

  /// The longest piece that `range` of `text` begins with: its number and its length in bytes.
  func match(_ text: [UInt8], in range: Range<Int>) -> (index: Int, size: Int)? {
    guard begins[Int(text[range.lowerBound])] else { return nil }
    for length in lengths where length <= range.count {
      let bytes = text[range.lowerBound..<range.lowerBound + length]
      if let index = table.id(of: bytes) { return (Int(index), length) }
    }
    return nil
  }
}
