// Byte-pair encoding as SentencePiece does it: from characters on, the best merge at a time.
// SPDX-License-Identifier: Apache-2.0

/// One piece of an encoded text.
struct PieceSpan: Equatable {
  var id: Int32
  /// Offsets in the normalised text. Bytes that stand in for one character share its span.
  var start: Int
  var end: Int
}

/// How merges are chosen.
enum MergeRule: Sendable {
  /// Any two neighbours whose concatenation is a piece, by that piece's score (`tokenizer.model`).
  case pieces
  /// Listed pairs of ids, the earliest in the list first (`tokenizer.json`).
  case pairs([UInt64: Int32])

  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}

/// The work on one text: a linked list of symbols that shrinks as they merge.
struct PieceMerger {
  private struct Symbol {
    var start: Int
    /// Bytes; 0 once it was merged into its left neighbour.
    var size: Int
    var previous: Int
    var next: Int
    /// Its id if it is a mergeable piece.
    var id: Int32?
    /// A user-defined piece, which never merges.
    var isFrozen: Bool
  }

  private let text: [UInt8]
  private let vocabulary: Vocabulary
  private let rule: MergeRule
  private var symbols: [Symbol] = []
  private var queue = MergeQueue()
  /// For each unused piece that came up: the bytes of its left half.
  private var halves: [ArraySlice<UInt8>: Int] = [:]

  /// The pieces of `text`, which is valid UTF-8.
  static func pieces(of text: [UInt8], vocabulary: Vocabulary, rule: MergeRule) -> [PieceSpan] {
    var merger = PieceMerger(text: text, vocabulary: vocabulary, rule: rule)
    var spans: [PieceSpan] = []
    spans.reserveCapacity(text.count / 3)
    var start = 0
    while start < text.count {
      let end = vocabulary.wordsStandAlone ? merger.wordEnd(start) : text.count
      merger.split(start..<end)
      merger.merge()
      merger.collect(into: &spans)
      start = end
    }
    return spans
  }

  /// The next place after `start` where a space follows something else.
  private func wordEnd(_ start: Int) -> Int {
    var isAfterSpace = true
    var position = start
    while position < text.count {
      let isSpace =
        text[position] == NormalizedText.spaceSymbol[0]
        && text[position...].starts(with: NormalizedText.spaceSymbol)
      if isSpace, !isAfterSpace { return position }
      isAfterSpace = isSpace
      position += isSpace ? NormalizedText.spaceSymbol.count : 1
    }
    return position
  }

  private init(text: [UInt8], vocabulary: Vocabulary, rule: MergeRule) {
    self.text = text
    self.vocabulary = vocabulary
    self.rule = rule
  }

  private mutating func split(_ word: Range<Int>) {
    symbols.removeAll(keepingCapacity: true)
    var start = word.lowerBound
    while start < word.upperBound {
      let whole = vocabulary.userDefined.match(text, at: start)
      let size = whole > 0 ? whole : Self.characterSize(text[start], left: text.count - start)
      symbols.append(
        Symbol(
          start: start, size: size, previous: symbols.count - 1, next: symbols.count + 1,
          id: vocabulary.mergeable.id(of: text[start..<start + size]), isFrozen: whole > 0))
      start += size
    }
    for left in symbols.indices { consider(left) }
  }

  /// Adds the merge of `left` and its right neighbour to the agenda if there is one.
  private mutating func consider(_ left: Int) {
    guard left >= 0, symbols[left].next < symbols.count else { return }
    let (first, second) = (symbols[left], symbols[symbols[left].next])
    guard !first.isFrozen, !second.isFrozen else { return }
    let both = text[first.start..<second.start + second.size]
    let score: Float
    switch rule {
    case .pieces:
      guard let id = vocabulary.mergeable.id(of: both) else { return }
      score = vocabulary.pieces[Int(id)].score
      if vocabulary.pieces[Int(id)].kind == .unused { halves[both] = first.size }
      queue.insert(.init(score: score, left: left, size: both.count, id: id))
    case .pairs(let ranks):
      guard let one = first.id, let two = second.id, let rank = ranks[MergeRule.key(one, two)],
        let id = vocabulary.mergeable.id(of: both)
      else { return }
      queue.insert(.init(score: -Float(rank), left: left, size: both.count, id: id))
    }
  }

  private mutating func merge() {
    while let merge = queue.popFirst() {
      let left = merge.left
      let right = symbols[left].next
      guard symbols[left].size > 0, right < symbols.count,
        symbols[left].size + symbols[right].size == merge.size
      else { continue }
      symbols[left].size = merge.size
      symbols[left].id = merge.id
      symbols[left].next = symbols[right].next
      symbols[right].size = 0
      if symbols[right].next < symbols.count { symbols[symbols[right].next].previous = left }
      consider(symbols[left].previous)
      consider(left)
    }
  }

  private func collect(into spans: inout [PieceSpan]) {
    var index = 0
    while index < symbols.count {
      append(symbols[index].start, symbols[index].size, to: &spans)
      index = symbols[index].next
    }
  }

  /// Appends one symbol; an unused piece is taken apart again into the halves it was made of.
  private func append(_ start: Int, _ size: Int, to spans: inout [PieceSpan]) {
    var pending = [(start: Int, size: Int)]()
    var next: (start: Int, size: Int)? = (start, size)
    while let (start, size) = next {
      next = pending.popLast()
      let bytes = text[start..<start + size]
      let id = vocabulary.mergeable.id(of: bytes) ?? reservedId(bytes)
      guard let id else {
        appendUnknown(start, size, to: &spans)
        continue
      }
      if vocabulary.pieces[Int(id)].kind == .unused, let half = halves[bytes] {
        if let next { pending.append(next) }
        pending.append((start + half, size - half))
        next = (start, half)
      } else {
        spans.append(PieceSpan(id: id, start: start, end: start + size))
      }
    }
  }

  /// A single character that is a control piece, which no trained model has.
  private func reservedId(_ bytes: ArraySlice<UInt8>) -> Int32? {
    guard let id = vocabulary.reserved[String(decoding: bytes, as: UTF8.self)] else { return nil }
    return id == vocabulary.unknown ? nil : id
  }

  /// Bytes where the model has them; else one unknown piece for a whole run of unknown characters.
  private func appendUnknown(_ start: Int, _ size: Int, to spans: inout [PieceSpan]) {
    if let byteIds = vocabulary.byteIds {
      for byte in text[start..<start + size] {
        spans.append(PieceSpan(id: byteIds[Int(byte)], start: start, end: start + size))
      }
    } else if let last = spans.last, last.id == vocabulary.unknown, last.end == start {
      spans[spans.count - 1].end = start + size
    } else {
      spans.append(PieceSpan(id: vocabulary.unknown, start: start, end: start + size))
    }
  }

  private static func characterSize(_ lead: UInt8, left: Int) -> Int {
    let size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    return min(size, left)
  }
}
