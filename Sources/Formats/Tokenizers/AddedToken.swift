// Tokens that a checkpoint adds to its vocabulary, and how they are found in a text.
// SPDX-License-Identifier: Apache-2.0
import JSON

/// A token beyond or above those of the vocabulary, with the rules of the `tokenizers` library.
struct AddedToken: Equatable, Sendable {
  var name: String
  var id: Int32
  /// Only asked for by name: in a user's text it is text.
  var isSpecial = true
  /// Not found beside a letter, a digit or the like.
  var isSingleWord = false
  /// Takes the white space before it, or after it.
  var stripsLeft = false
  var stripsRight = false
  /// Looked for in the text as the normaliser leaves it.
  var isNormalized = false

  init(name: String, id: Int32) {
    self.name = name
    self.id = id
  }

  /// From a member of `added_tokens` or `added_tokens_decoder`; nil without a name or an id. What
  /// is not said to be an ordinary token is special, so that no text calls for it by mistake.
  init?(_ object: JSONObject, id: Int?) {
    guard let name = object["content"]?.string, let id = id.flatMap(Int32.init(exactly:)) else {
      return nil
    }
    self.init(name: name, id: id)
    isSpecial = object["special"]?.bool ?? true
    isSingleWord = object["single_word"]?.bool ?? false
    stripsLeft = object["lstrip"]?.bool ?? false
    stripsRight = object["rstrip"]?.bool ?? false
    isNormalized = object["normalized"]?.bool ?? !isSpecial
  }
}

/// Finds added tokens in text: the leftmost, and there the longest.
struct AddedTokenMatcher: Sendable {
  /// A part of a text.
  enum Part: Equatable {
    case text(Range<Int>)
    /// The token's place is where its name begins, white space that it takes not counted.
    case token(Int32, at: Int)
  }

  private let tokens: [AddedToken]
  private let names: PrefixMatcher

  /// A matcher for `tokens` as `spelling` has them; nil where none is ever found. Special ones are
  /// not found either, but a name that begins inside of theirs is not seen.
  init?(_ tokens: [AddedToken], spelling: (String) -> String = { $0 }) {
    guard tokens.contains(where: { !$0.isSpecial }) else { return nil }
    self.tokens = tokens
    names = PrefixMatcher(tokens.map { spelling($0.name) })
  }

  /// `range` of `text`, cut at the tokens in it.
  func parts(of text: [UInt8], in range: Range<Int>) -> [Part] {
    var parts: [Part] = []
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      guard let (index, size) = names.match(text, in: position..<range.upperBound) else {
        position += 1
        continue
      }
      let found = position..<position + size
      position = found.upperBound
      let token = tokens[index]
      let (before, after) = (
        text[range.lowerBound..<found.lowerBound], text[position..<range.upperBound]
      )
      if token.isSpecial { continue }
      if token.isSingleWord, before.lastScalar.isWord || after.firstScalar.isWord { continue }
      let end = found.lowerBound - (token.stripsLeft ? before.trailingSpace : 0)
      if start < end { parts.append(.text(start..<end)) }
      parts.append(.token(token.id, at: found.lowerBound))
      start = position + (token.stripsRight ? after.leadingSpace : 0)
    }
    if start < range.upperBound { parts.append(.text(start..<range.upperBound)) }
    return parts
  }
}

extension ArraySlice<UInt8> {
  /// The bytes of white space at the beginning of this UTF-8.
  var leadingSpace: Int {
    var rest = self
    while let scalar = rest.firstScalar, scalar.properties.isWhitespace {
      rest = rest.dropFirst(UTF8.width(scalar))
    }
    return count - rest.count
  }

  /// The bytes of white space at its end.
  var trailingSpace: Int {
    var rest = self
    while let scalar = rest.lastScalar, scalar.properties.isWhitespace {
      rest = rest.dropLast(UTF8.width(scalar))
    }
    return count - rest.count
  }

  fileprivate var firstScalar: Unicode.Scalar? {
    String(decoding: prefix(4), as: UTF8.self).unicodeScalars.first
  }

  fileprivate var lastScalar: Unicode.Scalar? {
    String(decoding: suffix(4), as: UTF8.self).unicodeScalars.last
  }
}

extension Unicode.Scalar? {
  /// What `\w` stands for (Unicode TS 18, annex C).
  fileprivate var isWord: Bool {
    guard let properties = self?.properties else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }
}
