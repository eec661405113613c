// The pieces of a SentencePiece vocabulary and the switches of its normaliser.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Pieces by id, with what encoding needs to know about each.
///
/// The rules are those of SentencePiece (Kudo and Richardson, arXiv 1808.06226, and its code).
struct Vocabulary: Sendable {
  /// What a piece is for; the numbers are those of the model file, and of GGUF.
  enum Kind: Int32, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  struct Piece: Sendable {
    var text: String
    /// Merges with a higher score come first.
    var score: Float
    var kind: Kind
  }

  /// The normaliser's switches; LLaMA's model adds a prefix and escapes spaces, and no more.
  struct Normalizer: Sendable {
    var addsDummyPrefix = true
    var removesExtraWhitespace = true
    var escapesWhitespace = true
  }

  /// More pieces than any tokeniser has.
  static let sizeLimit = 1 << 20
  /// Longer pieces than any tokeniser has, in bytes.
  static let pieceLimit = 1 << 12

  let pieces: [Piece]
  let normalizer: Normalizer
  /// The id of each byte value when text outside the vocabulary falls back to bytes.
  let byteIds: [Int32]?
  let unknown: Int32
  /// Text to the ids that merging may produce: normal, user-defined and unused pieces.
  let mergeable: PieceTable
  /// Text to the ids of the other pieces.
  let reserved: [ExactText: Int32]
  /// For each piece the place of its score among all, the highest first; and for each place its
  /// piece, or -1 where several have one score.
  let ranks: [UInt32]
  let pieceOfRank: [Int32]
  /// The kinds of piece that any piece is of.
  let kinds: Set<Kind>
  /// Whether unknown characters in a row are one unknown piece.
  let fusesUnknown: Bool
  private let sizes: [Int32]
  /// Whether no piece goes on after a space that follows something else. Then no merge crosses the
  /// beginning of a word, and words can be encoded one by one.
  let wordsStandAlone: Bool
  /// User-defined pieces: whole wherever they stand in a text.
  let userDefined: PrefixMatcher

  init(
    pieces: [Piece], normalizer: Normalizer, byteFallback: Bool, fusesUnknown: Bool = true
  ) throws(Failure) {
    guard !pieces.isEmpty, pieces.count <= Self.sizeLimit else {
      throw Self.fault("expected 1 to \(Self.sizeLimit) pieces, found \(pieces.count)")
    }
    self.pieces = pieces
    self.normalizer = normalizer
    self.fusesUnknown = fusesUnknown
    var table = PieceTable(capacity: pieces.count)
    var others: [ExactText: Int32] = [:]
    var unknowns: [Int32] = []
    for (index, piece) in pieces.enumerated() {
      let id = Int32(index)
      guard !piece.text.isEmpty, piece.text.utf8.count <= Self.pieceLimit, !piece.score.isNaN else {
        throw Self.fault("piece \(index) is empty, too long, or has no score")
      }
      let isNew =
        switch piece.kind {
        case .normal, .userDefined, .unused: table.insert(Array(piece.text.utf8), id: id)
        case .unknown, .control, .byte: others.updateValue(id, forKey: ExactText(piece.text)) == nil
        }
      guard isNew else { throw Self.fault("piece \(index) is there twice") }
      if piece.kind == .unknown { unknowns.append(id) }
    }
    guard unknowns.count == 1, let unknown = unknowns.first else {
      throw Self.fault("expected one unknown piece, found \(unknowns.count)")
    }
    self.unknown = unknown
    mergeable = table
    reserved = others
    (ranks, pieceOfRank) = Self.ranks(pieces)
    kinds = Set(pieces.map(\.kind))
    sizes = pieces.map { Int32($0.text.utf8.count) }
    wordsStandAlone = !pieces.contains { piece in
      switch piece.kind {
      case .normal, .userDefined, .unused:
        piece.text.unicodeScalars.drop { $0 == "\u{2581}" }.contains("\u{2581}")
      case .unknown, .control, .byte: false
      }
    }
    userDefined = PrefixMatcher(pieces.filter { $0.kind == .userDefined }.map(\.text))
    byteIds = byteFallback ? try Self.byteIds(pieces, others) : nil
  }

  /// The id of `text`, whatever its kind.
  func id(of text: String) -> Int32? {
    reserved[ExactText(text)] ?? mergeable.id(of: Array(text.utf8)[...])
  }

  /// The bytes of a piece's text.
  func pieceSize(_ id: Int32) -> Int { Int(sizes[Int(id)]) }

  private static func ranks(_ pieces: [Piece]) -> (ranks: [UInt32], pieces: [Int32]) {
    var ranks = Array(repeating: UInt32(0), count: pieces.count)
    var ofRank: [Int32] = []
    var last: Float?
    for index in pieces.indices.sorted(by: { pieces[$0].score > pieces[$1].score }) {
      if pieces[index].score == last {
        ofRank[ofRank.count - 1] = -1
      } else {
        ofRank.append(Int32(index))
      }
      last = pieces[index].score
      ranks[index] = UInt32(ofRank.count - 1)
    }
    return (ranks, ofRank)
  }

  private static func byteIds(_ pieces: [Piece], _ reserved: [ExactText: Int32]) throws(Failure)
    -> [Int32]
  {
    var ids: [Int32] = []
    for byte in 0..<256 {
      guard let id = reserved[ExactText(byteName(UInt8(byte)))], pieces[Int(id)].kind == .byte
      else {
        throw fault("bytes stand in for unknown text, but \(byteName(UInt8(byte))) is absent")
      }
      ids.append(id)
    }
    return ids
  }

  /// `<0x0A>` for 10.
  static func byteName(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
  }

  /// The byte that `name` stands for.
  static func byte(named name: String) -> UInt8? {
    let text = Array(name.utf8)
    guard text.count == 6, let byte = UInt8(name.dropFirst(3).dropLast(), radix: 16) else {
      return nil
    }
    return byteName(byte).utf8.elementsEqual(text) ? byte : nil
  }

  static func fault(_ message: String) -> Failure {
    Failure(.invalidInput, code: "tokenizer/vocabulary", message)
  }
}
