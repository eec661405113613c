// Reads the vocabulary from a GGUF file, llama.cpp's container, without reading the weights.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import JSON

/// The tokeniser that the metadata of a GGUF file describes (reference: `llama_vocab` of llama.cpp's
/// src/llama-vocab.cpp).
struct GGUFVocabulary {
  private let file: GGUFFile
  private static let prefix = "tokenizer.ggml."

  init(_ file: GGUFFile) { self.file = file }

  /// What LLaMA's tokeniser needs of it.
  func parts() throws(Failure) -> TokenizerParts {
    let model = value("model")?.text ?? ""
    if model == "gpt2" { throw Tokenizer.byteLevel("a byte-level byte-pair tokenizer") }
    guard model == "llama", let tokens = value("tokens"), let scores = value("scores"),
      let kinds = value("token_type"), tokens.isArray, scores.isArray, kinds.isArray,
      tokens.count > 0, tokens.count == scores.count, tokens.count == kinds.count
    else { throw fault("no LLaMA vocabulary with tokens, scores and types") }
    guard tokens.count <= Vocabulary.sizeLimit else {
      throw fault("\(tokens.count) pieces, expected at most \(Vocabulary.sizeLimit)")
    }
    guard let texts = tokens.texts else { throw fault("pieces that are not texts in UTF-8") }
    guard let scores = scores.floats, let kinds = kinds.integers else {
      throw fault("scores or types of another type than f32 and i32")
    }
    let vocabulary = try Vocabulary(
      pieces: try pieces(texts, scores, kinds),
      normalizer: Vocabulary.Normalizer(
        addsDummyPrefix: flag("add_space_prefix") ?? true,
        removesExtraWhitespace: flag("remove_extra_whitespaces") ?? false, escapesWhitespace: true),
      byteFallback: true)
    var parts = TokenizerParts(
      vocabulary: vocabulary, addsBOS: flag("add_bos_token") ?? true,
      bosName: name("bos_token_id", default: 1, in: texts),
      eosName: name("eos_token_id", default: 2, in: texts))
    if let legacy = file[Self.legacyKey]?.flag { parts.follow(legacy: legacy) }
    if file[Self.spacesKey]?.flag == false { parts.start.prefixesSpaces = false }
    return parts
  }

  /// What the format has no keys for, under keys of ours: where prefixes go (`legacy` of transformers),
  /// and whether one is put before a space too.
  static let legacyKey = "llava_tools.tokenizer.legacy"
  static let spacesKey = "llava_tools.tokenizer.prefixes_spaces"

  private func pieces(_ texts: [String], _ scores: [Float], _ kinds: [Int]) throws(Failure)
    -> [Vocabulary.Piece]
  {
    var pieces: [Vocabulary.Piece] = []
    pieces.reserveCapacity(texts.count)
    for index in texts.indices {
      guard let kind = Int32(exactly: kinds[index]).flatMap(Vocabulary.Kind.init) else {
        throw fault("piece \(index) of type \(kinds[index])")
      }
      pieces.append(Vocabulary.Piece(text: texts[index], score: scores[index], kind: kind))
    }
    return pieces
  }

  private func value(_ key: String) -> GGUFValue? { file[Self.prefix + key] }

  private func flag(_ key: String) -> Bool? { value(key)?.flag }

  /// The token whose id stands under `key`; the usual one where nothing does.
  private func name(_ key: String, default usual: Int, in texts: [String]) -> String? {
    let id = value(key) == nil ? usual : value(key)?.integer ?? -1
    return texts.indices.contains(id) ? texts[id] : nil
  }

  private func fault(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "tokenizer/corrupt", "expected a GGUF vocabulary, found \(found)",
      remedy: "take another edition of the model")
  }
}
