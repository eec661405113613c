// The noun phrases of an English caption, by rules.
// SPDX-License-Identifier: Apache-2.0

/// A chunker after the fashion of spaCy's `noun_chunks`: flat phrases that end with their noun,
/// without what follows it (`of …`, `with …`). Unlike there, articles and other determiners are cut
/// off, and pronouns are no phrases.
public enum NounPhrases {
  /// The phrases of `caption` from left to right, each the words as they stand there, a space between
  /// two of them; the same phrase as often as it occurs.
  public static func phrases(of caption: String) -> [[UInt8]] {
    let tagged = TaggedCaption(caption)
    var phrases: [[UInt8]] = []
    var start = 0
    for place in 0...tagged.parts.count {
      let part = place < tagged.parts.count ? tagged.parts[place] : .breaker
      switch part {
      case .noun, .adjective, .number, .possessive: continue
      default:
        if let phrase = phrase(start..<place, tagged) { phrases.append(phrase) }
        start = place + 1
      }
    }
    return phrases
  }

  /// The phrase in a stretch of nouns and what describes them: up to its last noun, or to its end where
  /// an article makes an adjective do for one ("the young"). Nil where it has neither.
  private static func phrase(_ stretch: Range<Int>, _ tagged: TaggedCaption) -> [UInt8]? {
    let start = stretch.first { tagged.parts[$0] != .possessive } ?? stretch.upperBound
    var last = (start..<stretch.upperBound).last { tagged.parts[$0] == .noun }
    if last == nil, tagged.isArticle(start - 1) {
      last = (start..<stretch.upperBound).last { tagged.parts[$0] == .adjective }
    }
    guard let last else { return nil }
    var phrase: [UInt8] = []
    for place in start...last {
      if place > start, tagged.parts[place] != .possessive { phrase.append(0x20) }
      phrase += tagged.items[place].text
    }
    return phrase
  }
}
