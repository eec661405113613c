// Byte-pair encoding as in SentencePiece: from characters on, the best merge first.
// SPDX-License-Identifier: Apache-2.0
import JSON

/// The rule by which merges are chosen.
enum MergeRule: Sendable {
  /// Any two neighbours whose concatenation is a piece, by that piece's score (`tokenizer.model`).
  case pieces
  /// Listed pairs of ids, the earliest in the list first (`tokenizer.json`).
  case pairs([UInt64: UInt32])

  var isPairs: Bool { if case .pairs = self { true } else { false } }

  static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}

/// The work on one text, word by word: symbols that grow as they merge.
struct PieceMerger {
  private let text: [UInt8]
  private let vocabulary: Vocabulary
  private let rule: MergeRule
  /// Whether such pieces are to be looked for.
  private let hasUserDefined: Bool
  private let hasUnused: Bool
  private var word = 0..<0
  /// For each byte of the word: where a symbol begins its id, or `noPiece`; where one of several
  /// bytes ends, its size below zero. What lies between is never looked at.
  private var marks: [Int32] = []
  private var agenda = MergeAgenda()
  /// For each unused piece that came up: the bytes of its left half.
  private var halves: [ArraySlice<UInt8>: Int] = [:]
  /// Where the unknown characters end that were answered last.
  private var unknownEnd = -1

  private static let noPiece: Int32 = -1

  /// Calls `emit` with the id of each piece of `text`, which is valid UTF-8, in `range`, and with
  /// the offset in `text` where the piece begins. Bytes that stand in for one character share it.
  static func encode(
    _ text: [UInt8], in range: Range<Int>, vocabulary: Vocabulary, rule: MergeRule,
    emit: (_ id: Int32, _ start: Int) -> Void
  ) {
    var merger = PieceMerger(text: text, vocabulary: vocabulary, rule: rule)
    var start = range.lowerBound
    while start < range.upperBound {
      let end =
        vocabulary.wordsStandAlone ? merger.wordEnd(start, range.upperBound) : range.upperBound
      merger.word = start..<end
      merger.split()
      merger.merge()
      merger.collect(emit)
      start = end
    }
  }

  private init(text: [UInt8], vocabulary: Vocabulary, rule: MergeRule) {
    self.text = text
    self.vocabulary = vocabulary
    self.rule = rule
    hasUserDefined = vocabulary.kinds.contains(.userDefined)
    hasUnused = vocabulary.kinds.contains(.unused)
  }

  /// The next place after `start` where a space follows something else.
  private func wordEnd(_ start: Int, _ limit: Int) -> Int {
    var isAfterSpace = true
    var position = start
    while position < limit {
      let isSpace =
        text[position] == NormalizedText.spaceSymbol[0]
        && text[position..<limit].starts(with: NormalizedText.spaceSymbol)
      if isSpace, !isAfterSpace { return position }
      isAfterSpace = isSpace
      position += isSpace ? NormalizedText.spaceSymbol.count : 1
    }
    return position
  }

  // MARK: Symbols, by their place in the word.

  private func size(_ place: Int) -> Int {
    let id = marks[place]
    return id == Self.noPiece ? characterSize(place) : vocabulary.pieceSize(id)
  }

  private func characterSize(_ place: Int) -> Int {
    let lead = text[word.lowerBound + place]
    let size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    return min(size, word.count - place)
  }

  private func bytes(_ place: Int, _ size: Int) -> ArraySlice<UInt8> {
    text[word.lowerBound + place..<word.lowerBound + place + size]
  }

  /// The place of the symbol that ends before `place`.
  private func previous(_ place: Int) -> Int {
    let mark = marks[place - 1]
    return mark < Self.noPiece ? place + Int(mark) : place - 1
  }

  private mutating func set(_ place: Int, size: Int, id: Int32?) {
    marks[place] = id ?? Self.noPiece
    if size > 1 { marks[place + size - 1] = -Int32(size) }
  }

  // MARK: Merging.

  private mutating func split() {
    marks.removeAll(keepingCapacity: true)
    marks.append(contentsOf: repeatElement(Self.noPiece, count: word.count))
    agenda.reset(count: word.count)
    var place = 0
    while place < word.count {
      let size = userDefinedSize(place) ?? characterSize(place)
      set(place, size: size, id: vocabulary.mergeable.id(of: bytes(place, size)))
      place += size
    }
    place = 0
    while place < word.count {
      consider(place)
      place += size(place)
    }
  }

  private func userDefinedSize(_ place: Int) -> Int? {
    guard hasUserDefined else { return nil }
    return vocabulary.userDefined.match(text, in: word.lowerBound + place..<word.upperBound)?.size
  }

  /// Enters the merge of the symbol at `place` and its right neighbour, or that there is none.
  private mutating func consider(_ place: Int) {
    agenda.set(place, rank(place) ?? MergeAgenda.none)
  }

  private mutating func rank(_ place: Int) -> UInt32? {
    let first = size(place)
    guard place + first < word.count, !isFrozen(place), !isFrozen(place + first) else { return nil }
    let both = bytes(place, first + size(place + first))
    switch rule {
    case .pieces:
      guard let id = vocabulary.mergeable.id(of: both) else { return nil }
      if hasUnused, vocabulary.pieces[Int(id)].kind == .unused { halves[both] = first }
      return vocabulary.ranks[Int(id)]
    case .pairs(let ranks):
      let (left, right) = (marks[place], marks[place + first])
      guard left != Self.noPiece, right != Self.noPiece,
        let rank = ranks[MergeRule.key(left, right)], vocabulary.mergeable.id(of: both) != nil
      else { return nil }
      return rank
    }
  }

  /// A user-defined piece never merges; nothing merges into one, as it is whole from the start.
  private func isFrozen(_ place: Int) -> Bool {
    let id = marks[place]
    return hasUserDefined && id != Self.noPiece && vocabulary.pieces[Int(id)].kind == .userDefined
  }

  private mutating func merge() {
    while let (place, rank) = agenda.first {
      let right = place + size(place)
      let whole = right - place + size(right)
      let only = rule.isPairs ? -1 : vocabulary.pieceOfRank[Int(rank)]
      set(
        place, size: whole, id: only >= 0 ? only : vocabulary.mergeable.id(of: bytes(place, whole)))
      agenda.set(right, MergeAgenda.none)
      consider(place)
      if place > 0 { consider(previous(place)) }
    }
  }

  // MARK: Answering.

  private mutating func collect(_ emit: (Int32, Int) -> Void) {
    var place = 0
    while place < word.count {
      let size = size(place)
      if !hasUnused, marks[place] != Self.noPiece {
        emit(marks[place], word.lowerBound + place)
      } else {
        append(word.lowerBound + place, size, emit)
      }
      place += size
    }
  }

  /// Answers one symbol; an unused piece is taken apart again into the halves it was made of.
  private mutating func append(_ start: Int, _ size: Int, _ emit: (Int32, Int) -> Void) {
    var pending = [(start: Int, size: Int)]()
    var next: (start: Int, size: Int)? = (start, size)
    while let (start, size) = next {
      next = pending.popLast()
      let bytes = text[start..<start + size]
      let id = vocabulary.mergeable.id(of: bytes) ?? reservedId(bytes)
      guard let id else {
        appendUnknown(start, size, emit)
        continue
      }
      if vocabulary.pieces[Int(id)].kind == .unused, let half = halves[bytes] {
        if let next { pending.append(next) }
        pending.append((start + half, size - half))
        next = (start, half)
      } else {
        emit(id, start)
      }
    }
  }

  /// A single character that is a control piece, which no trained model has.
  private func reservedId(_ bytes: ArraySlice<UInt8>) -> Int32? {
    guard let id = vocabulary.reserved[ExactText(String(decoding: bytes, as: UTF8.self))] else {
      return nil
    }
    return id == vocabulary.unknown ? nil : id
  }

  /// Bytes where the model has them; else an unknown piece, one for a whole run of unknown
  /// characters where the model fuses them.
  private mutating func appendUnknown(_ start: Int, _ size: Int, _ emit: (Int32, Int) -> Void) {
    if let byteIds = vocabulary.byteIds {
      for byte in text[start..<start + size] { emit(byteIds[Int(byte)], start) }
      return
    }
    if unknownEnd != start || !vocabulary.fusesUnknown { emit(vocabulary.unknown, start) }
    unknownEnd = start + size
  }
}
