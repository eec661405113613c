// Reads `tokenizer.json`, the file of Hugging Face's fast tokenisers, where it is of LLaMA's shape.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A byte-pair model with byte fallback whose pre-processing amounts to SentencePiece's.
struct FastTokenizerFile {
  private(set) var parts: TokenizerParts

  init(_ document: JSONValue) throws(Failure) {
    guard let root = document.object, let model = root["model"]?.object,
      let vocabulary = model["vocab"]?.object, let merges = model["merges"]?.array
    else { throw Self.unsupported("no byte-pair model with vocab and merges") }
    guard model["type"]?.string ?? "BPE" == "BPE" else {
      throw Self.unsupported("a model of type \(model["type"]?.string ?? "?")")
    }
    for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix"] {
      guard [nil, .null, .string("")].contains(model[key]) else {
        throw Self.unsupported("`\(key)` in the model")
      }
    }
    guard model["ignore_merges"]?.bool != true, !Self.isByteLevel(root) else {
      throw Tokenizer.byteLevel("a byte-level byte-pair tokenizer")
    }
    let added = try Self.addedTokens(root["added_tokens"])
    let unknown = model["unk_token"]?.string ?? "<unk>"
    let pieces = try Self.pieces(vocabulary, added, unknown)
    let normalizer = Vocabulary.Normalizer(
      addsDummyPrefix: true, removesExtraWhitespace: false, escapesWhitespace: true)
    let made = try Vocabulary(
      pieces: pieces, normalizer: normalizer,
      byteFallback: model["byte_fallback"]?.bool ?? false,
      fusesUnknown: model["fuse_unk"]?.bool ?? false)
    parts = TokenizerParts(vocabulary: made)
    parts.rule = .pairs(try Self.pairs(merges, made))
    parts.added = added
    try readSpaces(root)
    parts.bosName = added[ExactText("<s>")] != nil ? "<s>" : nil
    parts.eosName = added[ExactText("</s>")] != nil ? "</s>" : nil
  }

  private static func addedTokens(_ list: JSONValue?) throws(Failure) -> [ExactText: AddedToken] {
    var tokens: [ExactText: AddedToken] = [:]
    for entry in list?.array ?? [] {
      guard let object = entry.object, let id = object["id"]?.int,
        let token = AddedToken(object, id: id)
      else { throw unsupported("an added token without id and content") }
      tokens[ExactText(token.name)] = token
    }
    return tokens
  }

  /// Whether any step looks at bytes as GPT-2 spells them: Llama 3, Qwen 2, MPT.
  private static func isByteLevel(_ root: JSONObject) -> Bool {
    ["normalizer", "pre_tokenizer", "decoder"].contains { key in
      let step = root[key]?.object
      let steps = step?["pretokenizers"] ?? step?["normalizers"] ?? step?["decoders"]
      return ([step] + (steps?.array ?? []).map(\.object)).contains {
        $0?["type"]?.string == "ByteLevel"
      }
    }
  }

  /// Pieces by id: the ids of `vocab` must be 0, 1, 2 and so on.
  private static func pieces(
    _ vocabulary: JSONObject, _ added: [ExactText: AddedToken], _ unknown: String
  ) throws(Failure) -> [Vocabulary.Piece] {
    let count = vocabulary.members.count
    guard count <= Vocabulary.sizeLimit else { throw unsupported("\(count) pieces") }
    let blank = Vocabulary.Piece(text: "", score: 0, kind: .normal)
    var pieces = Array(repeating: blank, count: count)
    for (text, value) in vocabulary.members {
      guard let id = value.int, pieces.indices.contains(id), pieces[id].text.isEmpty else {
        throw Vocabulary.fault("expected ids from 0 to \(count - 1), each once")
      }
      let kind: Vocabulary.Kind =
        if text.utf8.elementsEqual(unknown.utf8) {
          .unknown
        } else if added[ExactText(text)]?.isSpecial == true {
          .control
        } else if Vocabulary.byte(named: text) != nil { .byte } else { .normal }
      pieces[id] = Vocabulary.Piece(text: text, score: 0, kind: kind)
    }
    return pieces
  }

  /// Ranks of the merges, written as `["a", "b"]` or as `"a b"`.
  private static func pairs(_ merges: [JSONValue], _ vocabulary: Vocabulary) throws(Failure)
    -> [UInt64: UInt32]
  {
    guard merges.count <= 1 << 24 else { throw unsupported("\(merges.count) merges") }
    var ranks: [UInt64: UInt32] = [:]
    ranks.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      let halves =
        merge.array?.compactMap(\.string)
        ?? merge.string?.split(atByte: UInt8(ascii: " "))
      guard let halves, halves.count == 2, let left = vocabulary.id(of: halves[0]),
        let right = vocabulary.id(of: halves[1])
      else { throw Vocabulary.fault("merge \(rank) is not of two pieces") }
      let key = MergeRule.key(left, right)
      if ranks[key] == nil { ranks[key] = UInt32(rank) }
    }
    return ranks
  }

  /// How spaces are treated: a normaliser that prepends and replaces, or Metaspace.
  private mutating func readSpaces(_ root: JSONObject) throws(Failure) {
    let normalizer = root["normalizer"] ?? .null
    parts.matchesNormalizedText = normalizer != .null
    let splitter = root["pre_tokenizer"] ?? .null
    if normalizer == .null, let metaspace = splitter.object,
      metaspace["type"]?.string == "Metaspace", metaspace["replacement"]?.string == "▁",
      metaspace["split"]?.bool == false
    {
      parts.start.prefixesSpaces = false
      switch metaspace["prepend_scheme"]?.string {
      case "always": parts.prefixRule = .everyText
      case "first": parts.prefixRule = .firstText
      case "never": parts.prefixRule = .never
      default: throw Self.unsupported("Metaspace without a known prepend_scheme")
      }
    } else if splitter == .null, let steps = normalizer.object?["normalizers"]?.array {
      switch steps.map(Self.step) {
      case ["prepend", "replace"]: parts.prefixRule = .everyText
      case ["replace"]: parts.prefixRule = .never
      default: throw Self.unsupported("another normaliser than Prepend and Replace of `▁`")
      }
    } else {
      throw Self.unsupported("neither Prepend and Replace of `▁` nor Metaspace without splitting")
    }
  }

  /// What one step of a normaliser does, nil for one that SentencePiece does not have.
  private static func step(_ value: JSONValue) -> String? {
    guard let step = value.object else { return nil }
    switch step["type"]?.string {
    case "Prepend" where step["prepend"]?.string == "▁": return "prepend"
    case "Replace"
    where step["pattern"]?.object?["String"]?.string == " " && step["content"]?.string == "▁":
      return "replace"
    default: return nil
    }
  }

  private static func unsupported(_ found: String) -> Failure {
    Failure(
      .mismatch, code: "tokenizer/unsupported", at: "tokenizer.json",
      "expected LLaMA's byte-pair tokenizer, found \(found)",
      remedy: "put the checkpoint's tokenizer.model beside it")
  }
}
