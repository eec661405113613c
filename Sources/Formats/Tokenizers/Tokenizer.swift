// Text to token ids and back, for LLaMA's family of SentencePiece vocabularies.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A byte-pair tokenizer with the special tokens of its checkpoint.
///
/// Text never yields a special token: those are asked for by name, so that a user's `</s>` is five
/// ordinary characters.
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
    public var origins: [Int] = []

    public init() {}
  }

  let vocabulary: Vocabulary
  let rule: MergeRule
  /// How a first text begins; `addsPrefix` is then decided by `prefixRule`.
  let start: NormalizedText.Start
  let specials: [String: Int32]
  /// Names of ids that the vocabulary does not have, or has under another name.
  let added: [Int32: String]

  public let prefixRule: PrefixRule
  /// Begins a sequence; nil where the model has none.
  public let bos: Int32?
  /// Ends an answer.
  public let eos: Int32?
  /// Whether sequences begin with `bos` unless told otherwise.
  public let addsBOS: Bool
  /// The vocabulary's own pieces, tokens that a checkpoint adds not counted.
  public var pieceCount: Int { vocabulary.pieces.count }
  /// One more than the highest id.
  public let vocabularySize: Int

  /// Names of the special tokens, sorted.
  public var specialNames: [String] { specials.keys.sorted() }

  /// The id of the special token `name`, such as `</s>` or `<image>`.
  public func id(ofSpecial name: String) -> Int32? { specials[name] }

  /// True for control, unknown and added tokens, which stand for no text.
  public func isSpecial(_ id: Int32) -> Bool {
    if added[id] != nil { return true }
    guard vocabulary.pieces.indices.contains(Int(id)) else { return false }
    return [.control, .unknown].contains(vocabulary.pieces[Int(id)].kind)
  }

  /// The piece with number `id` as the vocabulary spells it, `▁cat` or `<0x0A>`.
  public func piece(_ id: Int32) -> String? {
    if let name = added[id] { return name }
    return vocabulary.pieces.indices.contains(Int(id)) ? vocabulary.pieces[Int(id)].text : nil
  }

  init(_ parts: TokenizerParts) throws(Failure) {
    vocabulary = parts.vocabulary
    rule = parts.rule
    start = parts.start
    prefixRule = parts.prefixRule
    addsBOS = parts.addsBOS
    var names: [String: Int32] = [:]
    var highest = Int32(parts.vocabulary.pieces.count - 1)
    for (name, id) in parts.vocabulary.reserved {
      if parts.vocabulary.pieces[Int(id)].kind != .byte { names[name] = id }
    }
    var spelled: [Int32: String] = [:]
    for (name, id) in parts.added.sorted(by: { $0.value < $1.value }) {
      guard (0..<Int32(2 * Vocabulary.sizeLimit)).contains(id), names[name] ?? id == id else {
        throw Vocabulary.fault("the added token \(name) has id \(id), which cannot be")
      }
      names[name] = id
      spelled[id] = name
      highest = max(highest, id)
    }
    specials = names
    added = spelled
    vocabularySize = Int(highest) + 1
    bos = parts.bosName.flatMap { names[$0] }
    eos = parts.eosName.flatMap { names[$0] }
  }

  /// The ids of plain `text`, without BOS: what SentencePiece answers.
  ///
  /// - Parameter dummyPrefix: whether the text begins like a first one; nil takes the model's rule.
  public func encode(_ text: String, dummyPrefix: Bool? = nil) -> [Int32] {
    spans([text], begins: dummyPrefix ?? (prefixRule != .never)).spans.map(\.id)
  }

  /// The ids of `segments` as LLaVA's `tokenizer_image_token` yields them: each stretch between
  /// images is encoded on its own, with BOS before the first only.
  ///
  /// - Throws: `tokenizer/unknown-special` for a special token that this tokenizer lacks.
  public func encode(segments: [Segment], addBOS: Bool? = nil) throws(Failure) -> Encoding {
    var result = Encoding()
    if addBOS ?? addsBOS, let bos { result.append(bos, origin: -1) }
    var run: [Int] = []
    var isFirst = true
    for (index, segment) in segments.enumerated() {
      if case .text = segment {
        run.append(index)
        continue
      }
      flush(&run, segments, isFirst: isFirst, into: &result)
      if case .special(let name) = segment {
        result.append(try special(name), origin: index)
        isFirst = false
      } else {
        result.imagePositions.append(result.tokens.count)
        isFirst = true
      }
    }
    flush(&run, segments, isFirst: isFirst, into: &result)
    return result
  }

  private func flush(
    _ run: inout [Int], _ segments: [Segment], isFirst: Bool, into result: inout Encoding
  ) {
    let texts = run.map { if case .text(let text) = segments[$0] { text } else { "" } }
    let begins = prefixRule == .everyText || (prefixRule == .firstText && isFirst)
    let (spans, starts) = spans(texts, begins: begins)
    var part = 0
    for span in spans {
      while part + 1 < starts.count, starts[part + 1] <= span.start { part += 1 }
      result.append(span.id, origin: run[part])
    }
    run = []
  }

  private func spans(_ texts: [String], begins: Bool) -> (spans: [PieceSpan], starts: [Int]) {
    var start = start
    start.addsPrefix = begins && vocabulary.normalizer.addsDummyPrefix
    let text = NormalizedText(texts, start: start, vocabulary: vocabulary)
    let spans = PieceMerger.pieces(of: text.bytes, vocabulary: vocabulary, rule: rule)
    return (spans, text.partStarts)
  }

  private func special(_ name: String) throws(Failure) -> Int32 {
    guard let id = specials[name] else {
      throw Failure(
        .mismatch, code: "tokenizer/unknown-special",
        "the prompt needs the special token \(name), which the tokenizer does not have",
        remedy: "use the template that the model was trained with")
    }
    return id
  }
}

extension Tokenizer.Encoding {
  mutating func append(_ id: Int32, origin: Int) {
    tokens.append(id)
    origins.append(origin)
  }
}

/// What a tokenizer is made of, whichever file it came from.
struct TokenizerParts {
  var vocabulary: Vocabulary
  var rule = MergeRule.pieces
  var start = NormalizedText.Start(addsPrefix: true)
  var prefixRule = Tokenizer.PrefixRule.everyText
  var addsBOS = true
  var bosName: String?
  var eosName: String?
  /// Special tokens by name, beyond or above those of the vocabulary.
  var added: [String: Int32] = [:]
}
