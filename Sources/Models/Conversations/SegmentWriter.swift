// Puts a prompt together: neighbouring texts join, special tokens stand alone.
// SPDX-License-Identifier: Apache-2.0
import Tokenizers

/// Collects segments.
struct SegmentWriter {
  private(set) var segments: [PromptSegment] = []
  private static let templateTokens = PrefixMatcher(commonSpecialTokens)
  /// Special tokens that the user's text may name.
  private let allowed: PrefixMatcher
  private let markup: PromptOptions.ImageMarkup

  init(allowing allowed: [String], markup: PromptOptions.ImageMarkup) {
    self.allowed = PrefixMatcher(allowed)
    self.markup = markup
  }

  /// Text of the template, whose special tokens are meant.
  mutating func constant(_ text: String, loss: Bool = false) {
    split(text, Self.templateTokens, loss)
  }

  /// What someone said.
  mutating func content(_ parts: [Dialogue.Part], loss: Bool = false) {
    for part in parts {
      switch part {
      case .text(let text): split(text, allowed, loss)
      case .image(let number): image(number)
      }
    }
  }

  private mutating func image(_ number: Int) {
    switch markup {
    case .none: segments.append(PromptSegment(.image(number)))
    case .tags:
      constant("<Image>")
      segments.append(PromptSegment(.image(number)))
      constant("</Image>")
    case .tokens:
      segments.append(PromptSegment(.special("<im_start>")))
      segments.append(PromptSegment(.image(number)))
      segments.append(PromptSegment(.special("<im_end>")))
    }
  }

  private mutating func split(_ text: String, _ specials: PrefixMatcher, _ loss: Bool) {
    for (piece, isSpecial) in specials.split(text) {
      if isSpecial {
        segments.append(PromptSegment(.special(piece), carriesLoss: loss))
      } else if case .text(let before)? = segments.last?.content,
        segments[segments.count - 1].carriesLoss == loss
      {
        segments[segments.count - 1].content = .text(before + piece)
      } else {
        segments.append(PromptSegment(.text(piece), carriesLoss: loss))
      }
    }
  }
}

extension PrefixMatcher {
  /// `text` cut at the matcher's pieces.
  func split(_ text: String) -> [(piece: String, isMatch: Bool)] {
    let bytes = Array(text.utf8)
    var pieces: [(piece: String, isMatch: Bool)] = []
    var start = 0
    var position = 0
    func take(_ range: Range<Int>, isMatch: Bool) {
      guard !range.isEmpty else { return }
      pieces.append((String(decoding: bytes[range], as: UTF8.self), isMatch))
    }
    while position < bytes.count {
      let size = match(bytes, at: position)
      guard size > 0 else {
        position += 1
        continue
      }
      take(start..<position, isMatch: false)
      take(position..<position + size, isMatch: true)
      position += size
      start = position
    }
    take(start..<bytes.count, isMatch: false)
    return pieces
  }
}
