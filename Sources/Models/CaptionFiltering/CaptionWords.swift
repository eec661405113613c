// Cuts a caption into words and what stands between them.
// SPDX-License-Identifier: Apache-2.0

/// The words of one caption, as they stand and in lower case.
struct CaptionWords {
  /// A word, or (where it is empty) something that no phrase goes across.
  struct Item {
    var text: [UInt8]
    var lower: [UInt8]
    /// For the lists; nil for what stands in none.
    var word: Word?

    var isBreak: Bool { text.isEmpty }

    fileprivate init(_ text: [UInt8]) {
      self.text = text
      lower = lowercased(text)
      word = Word(lower)
    }
  }

  private(set) var items: [Item] = []

  /// Letters and digits of any script make words, with `'`, `-`, `.` and `_` between two of them.
  /// `'s` and other endings after an apostrophe are words of their own, and so is `&`. All else but
  /// white space is a break.
  init(_ caption: String) {
    let scalars = Array(caption.unicodeScalars)
    var word: [UInt8] = []
    for (place, scalar) in scalars.enumerated() {
      let scalar = Self.plain(scalar)
      if Self.isInner(scalar) {
        word += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        continue
      }
      let isBetween =
        !word.isEmpty && place + 1 < scalars.count && Self.isInner(Self.plain(scalars[place + 1]))
      if isBetween, ["'", "-", ".", "_"].contains(scalar) {
        word += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        continue
      }
      end(&word)
      if scalar == "&" {
        items.append(Item([UInt8(ascii: "&")]))
      } else if !Self.isWhitespace(scalar) {
        items.append(Item([]))
      }
    }
    end(&word)
  }

  /// The apostrophe of typographers is the one of typewriters.
  private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar == "\u{2019}" ? "'" : scalar
  }

  private static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
    // The commonest one, without the tables.
    scalar == " " || scalar.properties.isWhitespace
  }

  private static func isInner(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return true
    case ..<0x80: return false
    default:
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
        return true
      default: return false
      }
    }
  }

  private static let endings = ["'s", "'re", "'ve", "'ll", "'d", "'m"].map { Array($0.utf8) }

  /// Adds the word, its ending behind an apostrophe apart.
  private mutating func end(_ word: inout [UInt8]) {
    defer { word = [] }
    guard !word.isEmpty else { return }
    if let apostrophe = word.lastIndex(of: UInt8(ascii: "'")), apostrophe > 0 {
      let ending = Array(word[apostrophe...])
      if Self.endings.contains(lowercased(ending)) {
        items.append(Item(Array(word[..<apostrophe])))
        items.append(Item(ending))
        return
      }
    }
    items.append(Item(word))
  }
}
