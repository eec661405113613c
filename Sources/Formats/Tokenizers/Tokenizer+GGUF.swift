// The metadata that gives a GGUF file the same tokeniser.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput

extension Tokenizer {
  /// `tokenizer.ggml.*` for a model whose embedding has `rows` rows: a token for each, as llama.cpp
  /// wants it; those beyond the vocabulary are names that no text has. `imageToken` is the id of
  /// `<image>` where the model's configuration has one and the tokeniser need not know.
  ///
  /// Throws `tokenizer/gguf` for a vocabulary that the format has no form for.
  public func ggufSettings(rows: Int, imageToken: Int? = nil) throws(Failure)
    -> [(key: String, value: GGUFSetting)]
  {
    guard vocabulary.byteIds != nil, vocabulary.normalizer.escapesWhitespace else {
      throw Failure(
        .mismatch, code: "tokenizer/gguf",
        "expected a vocabulary with a piece for each byte, and with spaces as ▁: GGUF knows no other"
          + " of LLaMA's kind",
        remedy: "take a checkpoint on LLaMA, Vicuna or Mistral")
    }
    let scores = mergeScores
    let tokens = (0..<Int32(clamping: rows)).map {
      token($0, scores, isImage: Int($0) == imageToken)
    }
    var settings: [(key: String, value: GGUFSetting)] = [
      ("tokenizer.ggml.model", .text("llama")), ("tokenizer.ggml.pre", .text("default")),
      ("tokenizer.ggml.tokens", .texts(tokens.map(\.text))),
      ("tokenizer.ggml.scores", .floats(tokens.map(\.score))),
      ("tokenizer.ggml.token_type", .integers(tokens.map(\.kind.rawValue))),
    ]
    let padding = id(ofSpecial: "<pad>") ?? vocabulary.unknown
    for (key, id) in [
      ("bos", bos), ("eos", eos), ("unknown", vocabulary.unknown), ("padding", padding),
    ] {
      if let id, id < rows {
        settings.append(("tokenizer.ggml.\(key)_token_id", .count(Int(id))))
      }
    }
    settings += [
      ("tokenizer.ggml.add_bos_token", .flag(addsBOS)),
      ("tokenizer.ggml.add_eos_token", .flag(false)),
      (
        "tokenizer.ggml.add_space_prefix",
        .flag(prefixRule != .never && vocabulary.normalizer.addsDummyPrefix)
      ),
      (
        "tokenizer.ggml.remove_extra_whitespaces",
        .flag(vocabulary.normalizer.removesExtraWhitespace)
      ),
    ]
    if prefixRule == .firstText { settings.append((GGUFVocabulary.legacyKey, .flag(false))) }
    if !start.prefixesSpaces { settings.append((GGUFVocabulary.spacesKey, .flag(false))) }
    return settings
  }

  /// What of this tokeniser a GGUF file with `rows` tokens does not say, a clause each.
  public func ggufLosses(rows: Int) -> [String] {
    var losses: [String] = []
    if vocabularySize > rows {
      losses.append(
        "tokens from id \(rows) on, up to \(vocabularySize - 1), have no row in the embedding and are"
          + " left out")
    }
    if rule.isPairs {
      losses.append(
        "the merges of tokenizer.json became scores of pieces, which is the same for LLaMA's"
          + " vocabularies; tokenizer.model beside it would be taken as it is")
    }
    let hasRules = (0..<Int32(clamping: rows)).contains { id in
      guard let token = addedToken(id), !token.isSpecial else { return false }
      return token.stripsLeft || token.stripsRight || token.isSingleWord
    }
    if hasRules {
      losses.append("added tokens lose the spaces or words that they ask for around them")
    }
    return losses
  }

  private func token(_ id: Int32, _ scores: [Float]?, isImage: Bool) -> Vocabulary.Piece {
    let added = addedToken(id)
    if vocabulary.pieces.indices.contains(Int(id)) {
      var piece = vocabulary.pieces[Int(id)]
      if added.map({ $0.name.utf8.elementsEqual(piece.text.utf8) }) ?? true {
        guard piece.kind == .normal else { return piece }
        if let scores { piece.score = scores[Int(id)] }
        if let added { piece.kind = added.isSpecial ? .control : .userDefined }
        return piece
      }
    }
    if let added {
      return Vocabulary.Piece(
        text: added.name, score: -1000, kind: added.isSpecial ? .control : .userDefined)
    }
    // The names and numbers that llama.cpp's converter gives them.
    return isImage
      ? Vocabulary.Piece(text: "<image>", score: -1000, kind: .control)
      : Vocabulary.Piece(text: "[PAD\(id)]", score: -10_000, kind: .unused)
  }

  /// Where merges are listed in their order: for each piece how early it is made, as a score; nil where
  /// pieces have scores of their own. A piece that nothing makes has the lowest.
  private var mergeScores: [Float]? {
    guard case .pairs(let ranks) = rule else { return nil }
    var best: [Int32: UInt32] = [:]
    for (key, rank) in ranks {
      let (left, right) = (Int(key >> 32), Int(key & 0xFFFF_FFFF))
      let text = vocabulary.pieces[left].text + vocabulary.pieces[right].text
      guard let made = vocabulary.id(of: text) else { continue }
      best[made] = min(best[made] ?? rank, rank)
    }
    return vocabulary.pieces.indices.map { best[Int32($0)].map { -Float($0) } ?? -1e6 }
  }
}
