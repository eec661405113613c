// SentencePiece's normaliser with the identity map: spaces become pieces' `▁`.
// SPDX-License-Identifier: Apache-2.0

/// Text as merging sees it, with the places where its parts begin.
struct NormalizedText {
  private(set) var bytes: [UInt8] = []
  /// For each place of the source that was asked for, the offset in `bytes` of what stands there. A
  /// dummy prefix belongs to the first text.
  private(set) var places: [Int] = []

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

  /// Normalises `range` of `source`; `places` are ascending offsets in it.
  init(
    _ source: [UInt8], in range: Range<Int>, places: [Int] = [], start: Start,
    vocabulary: Vocabulary
  ) {
    append(source, range, places, start, vocabulary)
    while self.places.count < places.count { self.places.append(bytes.count) }
  }

  private mutating func append(
    _ source: [UInt8], _ range: Range<Int>, _ sourcePlaces: [Int], _ start: Start,
    _ vocabulary: Vocabulary
  ) {
    let removesExtra = vocabulary.normalizer.removesExtraWhitespace
    let space = vocabulary.normalizer.escapesWhitespace ? Self.spaceSymbol : [0x20]
    var afterSpace = removesExtra && start.dropsSpaces
    let text = source[range]
    guard text.contains(where: { !afterSpace || $0 != 0x20 }) else { return }
    let spaces = text.count { $0 == 0x20 }
    bytes.reserveCapacity(text.count + (space.count - 1) * spaces + space.count)
    let beginsWithSpace = text.first == 0x20 || text.starts(with: Self.spaceSymbol)
    if start.addsPrefix, start.prefixesSpaces || !beginsWithSpace { bytes += space }

    let hasUserDefined = vocabulary.kinds.contains(.userDefined)
    var position = range.lowerBound
    var hasText = false
    while position < range.upperBound {
      while places.count < sourcePlaces.count, sourcePlaces[places.count] <= position {
        places.append(hasText ? bytes.count : 0)
      }
      var end = position + 1
      if hasUserDefined {
        end =
          position
          + (vocabulary.userDefined.match(source, in: position..<range.upperBound)?.size ?? 1)
      }
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
    places = places.map { min($0, bytes.count) }
  }
}
