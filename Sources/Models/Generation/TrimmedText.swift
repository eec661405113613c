// Takes the white space off both ends of a text that arrives in parts.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A text up to its last character that is not white space: what `strippingWhitespace` leaves of all
/// parts together, known part by part.
struct TrimmedText {
  private(set) var text = ""
  /// White space that belongs to the text if anything follows.
  private var held = ""

  /// What `part` makes certain: all of these joined are `text`.
  mutating func append(_ part: String) -> String {
    let scalars = part.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isWhitespace($0) }),
      let last = scalars.lastIndex(where: { !isWhitespace($0) })
    else {
      if !text.isEmpty { held += part }
      return ""
    }
    let end = scalars.index(after: last)
    let certain = held + String(scalars[(text.isEmpty ? first : scalars.startIndex)..<end])
    held = String(scalars[end...])
    text += certain
    return certain
  }
}
