// SentencePiece's normaliser with the identity map: spaces become pieces' `▁`.
// SPDX-License-Identifier: Apache-2.0

/// Text as merging sees it, with the places where its parts begin.
struct NormalizedText {
  private(set) var bytes: [UInt8] = []
  /// For each part the offset in `bytes` of its first byte. A dummy prefix belongs to the first
  /// part that has text.
  private(set) var partStarts: [Int] = []

  /// `▁` (U+2581), which stands for a space.
  static let spaceSymbol: [UInt8] = [0xe2, 0x96, 0x81]

  /// How a text begins.
  struct Start {
    /// Put a space in front.
    var addsPrefix: Bool
    /// Put it there even if the text begins with one. SentencePiece does, Metaspace does not.
    var prefixesSpaces = true
    /// Drop leading spaces where the model removes extra ones.
    var dropsSpaces = true
  }

  /// Normalises the concatenation of `parts`.
  init(_ parts: [String], start: Start, vocabulary: Vocabulary) {
    let source = parts.flatMap(\.utf8)
    var sourceStarts: [Int] = []
    var count = 0
    for part in parts {
      sourceStarts.append(count)
      count += part.utf8.count
    }
    append(source, sourceStarts, start, vocabulary)
    while partStarts.count < parts.count { partStarts.append(bytes.count) }
  }

  private mutating func append(
    _ source: [UInt8], _ sourceStarts: [Int], _ start: Start, _ vocabulary: Vocabulary
  ) {
    let removesExtra = vocabulary.normalizer.removesExtraWhitespace
    let space = vocabulary.normalizer.escapesWhitespace ? Self.spaceSymbol : [0x20]
    var afterSpace = removesExtra && start.dropsSpaces
    guard source.contains(where: { !afterSpace || $0 != 0x20 }) else { return }
    let beginsWithSpace = source[0] == 0x20 || source.starts(with: Self.spaceSymbol)
    if start.addsPrefix, start.prefixesSpaces || !beginsWithSpace { bytes = space }

    var position = 0
    var hasText = false
    while position < source.count {
      while partStarts.count < sourceStarts.count, sourceStarts[partStarts.count] <= position {
        partStarts.append(hasText ? bytes.count : 0)
      }
      let end = position + max(1, vocabulary.userDefined.match(source, at: position))
      var chunk = source[position..<end]
      if afterSpace { chunk = chunk.drop { $0 == 0x20 } }
      if let last = chunk.last {
        for byte in chunk { if byte == 0x20 { bytes += space } else { bytes.append(byte) } }
        hasText = true
        afterSpace = removesExtra && last == 0x20
      }
      position = end
    }
    guard removesExtra else { return }
    while bytes.suffix(space.count).elementsEqual(space) { bytes.removeLast(space.count) }
    partStarts = partStarts.map { min($0, bytes.count) }
  }
}
