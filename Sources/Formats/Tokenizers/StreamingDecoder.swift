// Token ids to text, one piece at a time, and never half a character.
// SPDX-License-Identifier: Apache-2.0

/// Turns ids into text as they arrive. Special tokens have no text and are left out.
///
/// The first piece loses the space that the dummy prefix gave it. Bytes wait until their character
/// is whole; a byte that no character can hold becomes U+FFFD, one for one, as in SentencePiece.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private var pending: [UInt8] = []
  private var isStart = true

  public init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// The text that `id` completes; empty while a character is open.
  public mutating func append(_ id: Int32) -> String {
    guard !tokenizer.isSpecial(id), let piece = tokenizer.piece(id) else { return "" }
    if let byte = tokenizer.byte(id) {
      isStart = false
      pending.append(byte)
      return completeCharacters()
    }
    var text = finish()
    var rest = piece.unicodeScalars[...]
    let normalizer = tokenizer.vocabulary.normalizer
    if isStart, normalizer.addsDummyPrefix || normalizer.removesExtraWhitespace {
      let stripped = rest.first == "▁"
      if stripped { rest = rest.dropFirst() }
      isStart = stripped && normalizer.removesExtraWhitespace && rest.isEmpty
    }
    text.unicodeScalars.append(contentsOf: rest.map { $0 == "▁" ? " " : $0 })
    return text
  }

  /// The bytes that no character was made of, each as U+FFFD.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(repeating: "\u{fffd}", count: pending.count)
  }

  private mutating func completeCharacters() -> String {
    var text = ""
    while let lead = pending.first {
      let size = Self.characterSize(lead)
      if size > 0, pending.count < size, Self.canBegin(pending, size) { break }
      let character = String(validating: pending.prefix(max(1, size)), as: UTF8.self)
      if size > 0, pending.count >= size, let character {
        text += character
        pending.removeFirst(size)
      } else {
        text += "\u{fffd}"
        pending.removeFirst()
      }
    }
    return text
  }

  /// The length of the character that begins with `lead`, 0 if none does.
  private static func characterSize(_ lead: UInt8) -> Int {
    switch lead {
    case 0..<0x80: 1
    case 0xc2..<0xe0: 2
    case 0xe0..<0xf0: 3
    case 0xf0..<0xf5: 4
    default: 0
    }
  }

  /// Whether bytes may follow that make `bytes` a character of `size` bytes.
  private static func canBegin(_ bytes: [UInt8], _ size: Int) -> Bool {
    [UInt8(0x80), 0x90, 0xa0, 0xbf].contains { second in
      let filler = bytes.count == 1 ? [second] : []
      let whole = bytes + filler
      let rest = Array(repeating: UInt8(0x80), count: size - whole.count)
      return String(validating: whole + rest, as: UTF8.self) != nil
    }
  }
}

extension Tokenizer {
  /// The text of `ids`, special tokens left out.
  public func decode(_ ids: some Sequence<Int32>) -> String {
    var decoder = StreamingDecoder(self)
    var text = ""
    for id in ids { text += decoder.append(id) }
    return text + decoder.finish()
  }

  /// The byte that the piece `id` stands for.
  func byte(_ id: Int32) -> UInt8? {
    guard vocabulary.pieces.indices.contains(Int(id)), vocabulary.pieces[Int(id)].kind == .byte
    else { return nil }
    return Vocabulary.byte(named: vocabulary.pieces[Int(id)].text)
  }
}
