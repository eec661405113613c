// Text to token ids and back, for LLaMA's family of SentencePiece vocabularies.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A byte-pair tokeniser with the special tokens of its checkpoint.
///
/// Text never yields a special token: those are asked for by name, so that a user's `</s>` is five
/// ordinary characters. Tokens that a checkpoint adds as ordinary ones are found in text, by the
/// rules of the `tokenizers` library.
public struct Tokenizer: Sendable {
  /// Which texts get the dummy prefix, a space in front that makes `word` and ` word` one piece.
  public enum PrefixRule: Sendable, Equatable {
    /// Every text between special tokens (`legacy: true`).
    case everyText
    /// Only a text that no special token precedes (`legacy: false`).
    case firstText
    case never
  }

  /// A part of a prompt.
  public enum Segment: Equatable, Sendable {
    /// Plain text; consecutive ones are encoded as one.
    case text(String)
    /// One special token by its name, such as `</s>`.
    case special(String)
    /// The place of an image's features.
    case image
  }

  /// Token ids and where each comes from.
  public struct Encoding: Equatable, Sendable {
    public var tokens: [Int32] = []
    /// For each image the number of tokens before it, ascending.
    public var imagePositions: [Int] = []
    /// For each token the index of the segment in which it begins, -1 for BOS.
    public var origins: [Int32] = []

    public init() {}
  }

  let vocabulary: Vocabulary
  let rule: MergeRule
  /// How a first text begins; `addsPrefix` is then decided by `prefixRule`.
  let start: NormalizedText.Start
  /// Special and added tokens by name.
  private let named: [ExactText: Int32]
  private let added: [Int32: AddedToken]
  /// Find added tokens before the text is normalised, one after the other.
  private let matchers: [AddedTokenMatcher]
  /// Finds those that are looked for in normalised text.
  private let normalizedMatcher: AddedTokenMatcher?

  public let prefixRule: PrefixRule
  /// Begins a sequence; nil where the model has none.
  public let bos: Int32?
  /// Ends an answer.
  public let eos: Int32?
  /// Whether sequences begin with `bos` unless told otherwise.
  public let addsBOS: Bool
  /// The vocabulary's own pieces, tokens that a checkpoint adds not counted.
  public var pieceCount: Int { vocabulary.pieces.count }
  /// Of the vocabulary's own pieces the score, by which they merge, and the kind, as model files and
  /// GGUF number it.
  package var rankedPieces: [(score: Float, kind: Int32)] {
    vocabulary.pieces.map { ($0.score, $0.kind.rawValue) }
  }
  /// One more than the highest id.
  public let vocabularySize: Int

  /// Names of the special tokens, sorted; added tokens that are ordinary ones are not among them.
  public let specialNames: [String]

  /// The id of the special or added token `name`, such as `</s>` or `<image>`.
  public func id(ofSpecial name: String) -> Int32? { named[ExactText(name)] }

  /// True for control, unknown and added special tokens, which have no text.
  public func isSpecial(_ id: Int32) -> Bool {
    if let token = added[id] { return token.isSpecial }
    guard vocabulary.pieces.indices.contains(Int(id)) else { return false }
    return [.control, .unknown].contains(vocabulary.pieces[Int(id)].kind)
  }

  /// The added token with number `id`.
  func addedToken(_ id: Int32) -> AddedToken? { added[id] }

  /// The piece with number `id` as the vocabulary spells it, `▁cat` or `<0x0A>`.
  public func piece(_ id: Int32) -> String? {
    if let token = added[id] { return token.name }
    return vocabulary.pieces.indices.contains(Int(id)) ? vocabulary.pieces[Int(id)].text : nil
  }

  init(_ parts: TokenizerParts) throws(Failure) {
    vocabulary = parts.vocabulary
    rule = parts.rule
    start = parts.start
    prefixRule = parts.prefixRule
    addsBOS = parts.addsBOS
    var names: [ExactText: Int32] = [:]
    var highest = Int32(parts.vocabulary.pieces.count - 1)
    for (name, id) in parts.vocabulary.reserved {
      if parts.vocabulary.pieces[Int(id)].kind != .byte { names[name] = id }
    }
    var specials = names.keys.map(\.text)
    var tokens: [Int32: AddedToken] = [:]
    let sorted = parts.added.values.sorted { $0.id < $1.id }
    for token in sorted {
      let (name, id) = (ExactText(token.name), token.id)
      guard (0..<Int32(2 * Vocabulary.sizeLimit)).contains(id), names[name] ?? id == id else {
        throw Vocabulary.fault(
          "the added token \(escapedForTerminal(token.name.prefix(bytes: 64))) has id \(id), which"
            + " cannot be")
      }
      if token.isSpecial, names[name] == nil { specials.append(token.name) }
      names[name] = id
      tokens[id] = token
      highest = max(highest, id)
    }
    named = names
    specialNames = specials.sorted { ExactText($0) < ExactText($1) }
    added = tokens
    (matchers, normalizedMatcher) = parts.matchers(sorted)
    vocabularySize = Int(highest) + 1
    bos = parts.bosName.flatMap { names[ExactText($0)] }
    eos = parts.eosName.flatMap { names[ExactText($0)] }
  }

  /// The ids of plain `text`, without BOS: what SentencePiece answers.
  ///
  /// - Parameter dummyPrefix: whether the text begins like a first one; nil takes the model's rule.
  public func encode(_ text: String, dummyPrefix: Bool? = nil) -> [Int32] {
    var run = TextRun()
    run.append(text, segment: 0)
    var ids: [Int32] = []
    encode(run, begins: dummyPrefix ?? (prefixRule != .never)) { id, _ in ids.append(id) }
    return ids
  }

  /// The ids of `segments` as LLaVA's `tokenizer_image_token` yields them: each stretch between
  /// images is encoded on its own, with BOS before the first only.
  ///
  /// - Throws: `tokenizer/unknown-special` for a special token that this tokeniser lacks.
  public func encode(segments: [Segment], addBOS: Bool? = nil) throws(Failure) -> Encoding {
    var result = Encoding()
    if addBOS ?? addsBOS, let bos { result.append(bos, origin: -1) }
    var run = TextRun()
    var isFirst = true
    for (index, segment) in segments.enumerated() {
      switch segment {
      case .text(let text): run.append(text, segment: index)
      case .special(let name):
        let id = try special(name)
        if added[id]?.stripsLeft == true { run.stripEnd() }
        flush(run, isFirst: isFirst, into: &result)
        result.append(id, origin: index)
        run = TextRun(stripsStart: added[id]?.stripsRight == true)
        isFirst = false
      case .image:
        flush(run, isFirst: isFirst, into: &result)
        result.imagePositions.append(result.tokens.count)
        run = TextRun()
        isFirst = true
      }
    }
    flush(run, isFirst: isFirst, into: &result)
    return result
  }

  private func flush(_ run: TextRun, isFirst: Bool, into result: inout Encoding) {
    let begins = prefixRule == .everyText || (prefixRule == .firstText && isFirst)
    encode(run, begins: begins) { id, part in result.append(id, origin: run.segments[part]) }
  }

  /// Calls `emit` with each id of `run` and the number of the part in which it begins.
  private func encode(_ run: TextRun, begins: Bool, emit: (Int32, Int) -> Void) {
    var parts = [AddedTokenMatcher.Part.text(run.range)]
    for matcher in matchers {
      parts = parts.flatMap { part -> [AddedTokenMatcher.Part] in
        if case .text(let range) = part { matcher.parts(of: run.bytes, in: range) } else { [part] }
      }
    }
    // Slow tokenisers of `legacy: false` put the prefix there before they look for tokens.
    if begins, prefixRule == .firstText, !rule.isPairs, case .token? = parts.first {
      let prefix = NormalizedText.spaceSymbol
      PieceMerger.encode(prefix, in: prefix.indices, vocabulary: vocabulary, rule: rule, emit: emit)
    }
    var number = 0
    for (index, part) in parts.enumerated() {
      switch part {
      case .token(let id, let place):
        number = run.part(at: place, from: number)
        emit(id, number)
      case .text(let range):
        number = run.part(at: range.lowerBound, from: number)
        var start = start
        start.addsPrefix =
          (index == 0 ? begins : prefixRule == .everyText) && vocabulary.normalizer.addsDummyPrefix
        let text = NormalizedText(
          run.bytes, in: range, places: run.starts(after: number, before: range.upperBound),
          start: start, vocabulary: vocabulary)
        encode(text) { emit($0, number + $1) }
      }
    }
  }

  /// Calls `emit` with each id and how many of the text's places are not after it.
  private func encode(_ text: NormalizedText, emit: (Int32, Int) -> Void) {
    let whole = 0..<text.bytes.count
    var passed = 0
    func pass(_ id: Int32, _ place: Int) {
      while passed < text.places.count, text.places[passed] <= place { passed += 1 }
      emit(id, passed)
    }
    for part in normalizedMatcher?.parts(of: text.bytes, in: whole) ?? [.text(whole)] {
      switch part {
      case .token(let id, let place): pass(id, place)
      case .text(let range):
        PieceMerger.encode(text.bytes, in: range, vocabulary: vocabulary, rule: rule, emit: pass)
      }
    }
  }

  private func special(_ name: String) throws(Failure) -> Int32 {
    guard let id = named[ExactText(name)] else {
      throw Failure(
        .mismatch, code: "tokenizer/unknown-special",
        "the prompt needs the special token \(escapedForTerminal(name.prefix(bytes: 64))),"
          + " which the tokenizer does not have",
        remedy: "use the template that the model was trained with")
    }
    return id
  }
}

extension Tokenizer.Encoding {
  mutating func append(_ id: Int32, origin: Int) {
    tokens.append(id)
    origins.append(Int32(origin))
  }
}
