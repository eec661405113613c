// The parts from which a tokeniser is made.
// SPDX-License-Identifier: Apache-2.0
import JSON

/// The parts of a tokeniser, whichever file it came from.
struct TokenizerParts {
  var vocabulary: Vocabulary
  var rule = MergeRule.pieces
  var start = NormalizedText.Start(addsPrefix: true)
  var prefixRule = Tokenizer.PrefixRule.everyText
  var addsBOS = true
  var bosName: String?
  var eosName: String?
  /// Tokens by name, beyond or above those of the vocabulary.
  var added: [ExactText: AddedToken] = [:]
  /// Whether added tokens may ask to be looked for in normalised text.
  var matchesNormalizedText = false

  /// What finds `tokens` in text, and in normalised text. Where nothing is normalised, those that
  /// ask for it are still looked for after the others.
  func matchers(_ tokens: [AddedToken]) -> ([AddedTokenMatcher], AddedTokenMatcher?) {
    guard rule.isPairs else { return ([AddedTokenMatcher(tokens)].compactMap(\.self), nil) }
    let (plain, normalized) = (tokens.filter { !$0.isNormalized }, tokens.filter(\.isNormalized))
    if matchesNormalizedText {
      let prefix = prefixRule == .never ? "" : "▁"
      return (
        [AddedTokenMatcher(plain)].compactMap(\.self),
        AddedTokenMatcher(normalized) { name in
          prefix
            + String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == " " ? "▁" : $0 }))
        }
      )
    }
    return ([AddedTokenMatcher(plain), AddedTokenMatcher(normalized)].compactMap(\.self), nil)
  }
}
