// What becomes of the vocabulary: tokens that one layout has and the other has not.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Tokenizers

/// Rows of the embedding and the output layer, and the tokens `<image>` and `<pad>`.
///
/// transformers puts an image's features in the place of a token `<image>` and pads with `<pad>`;
/// LLaVA's own code has neither (reference: llava.md 6.1, 6.2).
struct VocabularyPlan: Equatable {
  struct Token: Equatable {
    let name: String
    let id: Int
  }

  /// The tensors with a row for each token.
  static let tensorNames = ["language.embed_tokens.weight", "language.lm_head.weight"]
  static let imageName = "<image>"
  static let padName = "<pad>"
  /// What llava-hf pads its vocabularies to.
  static let multiple = 64

  /// The number of the source's rows that are kept, from the first on.
  let keptRows: Int
  /// Rows appended to them, each the mean of all rows of the source. The mean row's logit is the mean
  /// of the logits, which is never the largest one: greedy decoding never picks a token that the model
  /// never saw. Rows of zeros or noise might win.
  let addedRows: Int
  let imageToken: Int?
  let padToken: Int
  let added: [Token]
  let removed: [String]

  var rows: Int { keptRows + addedRows }

  /// The plan for `source`, whose embedding has `rows` rows. Throws `convert/vocabulary` where a
  /// token's id leaves no room.
  init(_ source: ConversionSource, rows: Int, layout: TargetLayout) throws(Failure) {
    switch layout {
    case .huggingFace: try self.init(transformers: source, rows: rows)
    case .original: self.init(original: source, rows: rows)
    }
  }

  private init(transformers source: ConversionSource, rows: Int) throws(Failure) {
    guard let files = source.tokenizer else { preconditionFailure("opened without a tokenizer") }
    let tokenizer = files.tokenizer
    var added: [Token] = []
    var next = tokenizer.vocabularySize
    func id(of name: String, wanted: Int? = nil) -> Int {
      if let id = tokenizer.id(ofSpecial: name) { return Int(id) }
      // Its row was trained as an image's place; where the tokeniser has a word there it stays one.
      if let wanted, wanted < next { return wanted }
      let id = wanted ?? next
      added.append(Token(name: name, id: id))
      next = id + 1
      return id
    }
    let image = id(of: Self.imageName, wanted: source.settings.imageToken)
    let pad = id(of: files.padName ?? Self.padName)
    let needed = max(rows, tokenizer.vocabularySize, next)
    let padded = (needed + Self.multiple - 1) / Self.multiple * Self.multiple
    // A model that has its places already keeps its vocabulary as it is.
    let isReady = added.isEmpty && needed == rows && source.settings.kind == .huggingFace
    guard padded <= 1 << 24, image < padded else {
      throw Failure(
        .mismatch, code: "convert/vocabulary", at: files.directory,
        "the tokenizer's ids go up to \(next), the embedding has \(rows) rows",
        remedy: "take the tokenizer that belongs to the model")
    }
    (keptRows, addedRows) = (rows, isReady ? 0 : padded - rows)
    (imageToken, padToken, self.added, removed) = (image, pad, added, [])
  }

  private init(original source: ConversionSource, rows: Int) {
    imageToken = nil
    added = []
    guard let files = source.tokenizer else {
      (keptRows, addedRows, padToken, removed) = (rows, 0, 0, [])
      return
    }
    let tokenizer = files.tokenizer
    let unknown = Int(tokenizer.id(ofSpecial: "<unk>") ?? 0)
    func id(_ name: String) -> Int? { tokenizer.id(ofSpecial: name).map(Int.init) }
    guard source.settings.kind == .huggingFace else {
      (keptRows, addedRows, removed) = (rows, 0, [])
      padToken = files.padName.flatMap(id) ?? unknown
      return
    }
    // From the last token on, as long as it is one of the two and no piece of the model's own.
    var removed: [String] = []
    var end = tokenizer.vocabularySize
    while end > tokenizer.pieceCount, let name = tokenizer.piece(Int32(end - 1)),
      [Self.imageName, Self.padName].contains(name)
    {
      removed.append(name)
      end -= 1
    }
    (keptRows, addedRows, self.removed) = (min(rows, end), 0, removed.sorted())
    let pad = files.padName.flatMap { removed.contains($0) ? nil : id($0) }
    padToken = pad ?? unknown
  }
}
