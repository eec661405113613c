// An order of a matrix's rows in a file that differs from the model's, which a reader undoes.
// SPDX-License-Identifier: Apache-2.0

/// llama.cpp's order of the rows of queries and keys. It rotates neighbours where the model that the
/// file was made from pairs the halves of a head, so its files hold row `i` of a head's first half and
/// row `i` of the second side by side (reference: `permute` of its convert_hf_to_gguf.py).
///
/// Whole rows move, so blocks of quantised rows are unchanged and nothing is quantised again: a
/// product over the stored rows, whose results go to their places, gives every bit of the original.
public struct RowOrder: Hashable, Sendable {
  /// Rows of one head; even.
  public let headWidth: Int

  public init(pairsOfHeads headWidth: Int) {
    precondition(headWidth > 0 && headWidth % 2 == 0, "a head of \(headWidth) rows has no halves")
    self.headWidth = headWidth
  }

  /// The row of the matrix that is stored as row `stored`.
  public func row(ofStored stored: Int) -> Int {
    let (head, place) = stored.quotientAndRemainder(dividingBy: headWidth)
    return head * headWidth + place % 2 * (headWidth / 2) + place / 2
  }

  /// Where row `row` of the matrix is stored.
  public func stored(ofRow row: Int) -> Int {
    let (head, place) = row.quotientAndRemainder(dividingBy: headWidth)
    let (half, index) = place.quotientAndRemainder(dividingBy: headWidth / 2)
    return head * headWidth + 2 * index + half
  }
}
