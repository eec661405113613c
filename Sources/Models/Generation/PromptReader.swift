// From a record's `prompt` and its images to what the model takes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors
import Tokenizers

/// Prepares the `prompt` member of records (llava-stream(5)) for one model.
public struct PromptReader: Sendable {
  let tokenizer: Tokenizer
  /// Token ids are below this.
  let vocabularyRows: Int

  /// Throws `checkpoint/vocabulary` when the tokeniser has pieces beyond the model's vocabulary.
  public init(tokenizer: Tokenizer, vocabularyRows: Int) throws(Failure) {
    guard tokenizer.pieceCount <= vocabularyRows else {
      throw Failure(
        .mismatch, code: "checkpoint/vocabulary",
        "the tokenizer has \(tokenizer.pieceCount) pieces, the model \(vocabularyRows) embeddings",
        remedy: "use the tokenizer that the model was made with")
    }
    self.tokenizer = tokenizer
    self.vocabularyRows = vocabularyRows
  }

  /// The prompt of `record`, whose images are `images`, each [rows, width] of a float type. Token ids in
  /// the record are used as they are; else the segments are encoded.
  /// Throws codes `prompt/…` and `tokenizer/…`: the record, not the run, is at fault.
  public func prompt(of record: JSONObject, images: [Tensor]) throws(Failure) -> PreparedPrompt {
    guard let member = record["prompt"] else {
      throw Failure(
        .invalidInput, code: "prompt/missing", "the record has no `prompt` object",
        remedy: record["messages"] == nil
          ? "pass the records through convo-format first" : "answer chat requests with --chat")
    }
    let prompt = try Prompt(member)
    let tokens: Prompt.Tokens
    if let known = prompt.tokens {
      tokens = known
    } else {
      tokens = try prompt.encoded(by: tokenizer)
    }
    try check(tokens, images: images.count)
    let prepared = PreparedPrompt(pieces: pieces(tokens, images), stops: prompt.stop)
    guard prepared.length > 0 else {
      throw Failure(.invalidInput, code: "prompt/empty", "the prompt has no tokens")
    }
    return prepared
  }

  private func check(_ tokens: Prompt.Tokens, images: Int) throws(Failure) {
    let named = Set(tokens.imageOrder)
    guard named == Set(0..<images) else {
      throw Failure(
        .mismatch, code: "prompt/image-count",
        "the prompt names \(counted(named.count, "image")), the record carries the features of"
          + " \(images)",
        remedy: "pass records with images through clip-encode and llava-project")
    }
    for id in tokens.ids where id < 0 || Int(id) >= vocabularyRows {
      throw Failure(
        .mismatch, code: "prompt/token-range",
        "token id \(id) is not below the model's \(vocabularyRows) embeddings",
        remedy: "use the model's own tokenizer")
    }
  }

  private func pieces(_ tokens: Prompt.Tokens, _ images: [Tensor]) -> [PreparedPrompt.Piece] {
    var pieces: [PreparedPrompt.Piece] = []
    var start = 0
    for (position, image) in zip(tokens.imagePositions, tokens.imageOrder) {
      if position > start { pieces.append(.tokens(Array(tokens.ids[start..<position]))) }
      pieces.append(.image(images[image]))
      start = position
    }
    if start < tokens.ids.count { pieces.append(.tokens(Array(tokens.ids[start...]))) }
    return pieces
  }
}
