// Writes a SentencePiece vocabulary as tokenizer.json, which needs no SentencePiece to be read.
// SPDX-License-Identifier: Apache-2.0
import JSON

extension Tokenizer {
  /// The document of tokenizer.json that gives texts the same ids: byte pairs with the merges that
  /// the pieces' scores mean (reference: transformers' convert_slow_tokenizer.py). Nil for a
  /// tokeniser that came from such a file, or whose vocabulary has pieces that no merge can make.
  public func fastFile() -> JSONObject? {
    guard case .pieces = rule, vocabulary.normalizer.addsDummyPrefix,
      vocabulary.normalizer.escapesWhitespace, !vocabulary.normalizer.removesExtraWhitespace,
      !vocabulary.kinds.contains(.userDefined),
      let unknown = vocabulary.pieces.first(where: { $0.kind == .unknown })?.text
    else { return nil }
    var pieces = JSONObject()
    for (id, piece) in vocabulary.pieces.enumerated() { pieces[piece.text] = .int(id) }
    guard pieces.members.count == vocabulary.pieces.count else { return nil }
    let model: JSONObject = [
      "type": .string("BPE"), "dropout": .null, "unk_token": .string(unknown),
      "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": .bool(true),
      "byte_fallback": .bool(vocabulary.byteIds != nil), "ignore_merges": .bool(false),
      "vocab": .object(pieces), "merges": .array(merges),
    ]
    return [
      "version": .string("1.0"), "truncation": .null, "padding": .null,
      "added_tokens": .array(addedEntries), "normalizer": spaces.normalizer,
      "pre_tokenizer": spaces.splitter, "post_processor": postProcessor, "decoder": Self.decoder,
      "model": .object(model),
    ]
  }

  /// Every way to join two pieces to a third one, the best score first, then the longest halves, as
  /// transformers' own conversion has them.
  private var merges: [JSONValue] {
    struct Merge {
      let score: Float
      let left: Substring.UnicodeScalarView
      let right: Substring.UnicodeScalarView
      var order: (Float, Int, Int) { (score, left.count, right.count) }
    }
    var found: [Merge] = []
    for piece in vocabulary.pieces where piece.kind == .normal {
      let scalars = Substring(piece.text).unicodeScalars
      for split in scalars.indices.dropFirst() {
        let merge = Merge(score: piece.score, left: scalars[..<split], right: scalars[split...])
        if isMergeable(merge.left), isMergeable(merge.right) { found.append(merge) }
      }
    }
    let ranked = found.enumerated().sorted { left, right in
      left.element.order != right.element.order
        ? left.element.order > right.element.order : left.offset < right.offset
    }
    return ranked.map { _, merge in
      .array([merge.left, merge.right].map { .string(String(Substring($0))) })
    }
  }

  private func isMergeable(_ text: Substring.UnicodeScalarView) -> Bool {
    guard let id = vocabulary.id(of: String(Substring(text))) else { return false }
    return vocabulary.pieces[Int(id)].kind == .normal
  }

  private var addedEntries: [JSONValue] {
    let tokens = specialNames.compactMap { name in id(ofSpecial: name).map { (id: $0, name: name) }
    }
    return tokens.sorted { $0.id < $1.id }.map { token in
      .object([
        "id": .int(Int(token.id)), "content": .string(token.name), "single_word": .bool(false),
        "lstrip": .bool(false), "rstrip": .bool(false), "normalized": .bool(false),
        "special": .bool(true),
      ])
    }
  }

  /// How spaces become `▁`: before every text, or before the first one alone.
  private var spaces: (normalizer: JSONValue, splitter: JSONValue) {
    let symbol = JSONValue.string("▁")
    let replace = JSONValue.object([
      "type": .string("Replace"), "pattern": .object(["String": .string(" ")]), "content": symbol,
    ])
    switch prefixRule {
    case .everyText:
      let prepend = JSONValue.object(["type": .string("Prepend"), "prepend": symbol])
      return (
        .object(["type": .string("Sequence"), "normalizers": .array([prepend, replace])]), .null
      )
    case .firstText, .never:
      return (
        .null,
        .object([
          "type": .string("Metaspace"), "replacement": symbol,
          "prepend_scheme": .string(prefixRule == .never ? "never" : "first"),
          "split": .bool(false),
        ])
      )
    }
  }

  private var postProcessor: JSONValue {
    guard addsBOS, let bos, let name = piece(bos) else { return .null }
    let special = JSONValue.object([
      "SpecialToken": .object(["id": .string(name), "type_id": .int(0)])
    ])
    func text(_ id: String) -> JSONValue {
      .object(["Sequence": .object(["id": .string(id), "type_id": .int(0)])])
    }
    return .object([
      "type": .string("TemplateProcessing"), "single": .array([special, text("A")]),
      "pair": .array([special, text("A"), special, text("B")]),
      "special_tokens": .object([
        name: .object([
          "id": .string(name), "ids": .array([.int(Int(bos))]), "tokens": .array([.string(name)]),
        ])
      ]),
    ])
  }

  private static let decoder = JSONValue.object([
    "type": .string("Sequence"),
    "decoders": .array([
      .object([
        "type": .string("Replace"), "pattern": .object(["String": .string("▁")]),
        "content": .string(" "),
      ]),
      .object(["type": .string("ByteFallback")]), .object(["type": .string("Fuse")]),
      .object([
        "type": .string("Strip"), "content": .string(" "), "start": .int(1), "stop": .int(0),
      ]),
    ]),
  ])
}
