// Reads the `prompt` object that convo-format puts into a record.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors
import Tokenizers

/// Turns a record's `prompt` (llava-stream(5)) into pieces for a model.
public struct PromptReader: Sendable {
  let tokenizer: Tokenizer
  /// Token ids are below this.
  let vocabularyRows: Int
  /// The language model's hidden size.
  let width: Int

  public init(tokenizer: Tokenizer, vocabularyRows: Int, width: Int) {
    self.tokenizer = tokenizer
    self.vocabularyRows = vocabularyRows
    self.width = width
  }

  /// The prompt of `record`, whose images are `images`, each [rows, width] F32.
  /// Throws codes `prompt/…`: the record, not the run, is at fault.
  public func prompt(of record: JSONObject, images: [Tensor]) throws(Failure) -> Prompt {
    guard let object = record["prompt"]?.object else {
      throw Failure(
        .invalidInput, code: "prompt/missing", "the record has no `prompt` object",
        remedy: "pass the records through convo-format first")
    }
    let (tokens, positions, order) = try encoding(of: object)
    guard order.allSatisfy({ images.indices.contains($0) }), Set(order).count == images.count else {
      let named = Set(order).count
      throw Failure(
        .mismatch, code: "prompt/image-count",
        "the prompt names \(named) images, the record carries the features of \(images.count)",
        remedy: "pass records with images through clip-encode and llava-project")
    }
    for id in tokens where id < 0 || Int(id) >= vocabularyRows {
      throw Failure(
        .mismatch, code: "prompt/token-range",
        "token id \(id) is not below the model's \(vocabularyRows) embeddings",
        remedy: "use the model's own tokenizer")
    }
    var pieces: [Prompt.Piece] = []
    var start = 0
    for (position, image) in zip(positions, order) {
      if position > start { pieces.append(.tokens(Array(tokens[start..<position]))) }
      pieces.append(.image(images[image]))
      start = position
    }
    if start < tokens.count { pieces.append(.tokens(Array(tokens[start...]))) }
    let prompt = Prompt(pieces: pieces, stops: try stops(of: object))
    guard prompt.length > 0 else {
      throw Failure(.invalidInput, code: "prompt/empty", "the prompt has no tokens")
    }
    return prompt
  }

  /// Token ids, for each image the number of ids before it, and which image that is.
  private func encoding(of prompt: JSONObject) throws(Failure) -> (
    tokens: [Int32], positions: [Int], order: [Int]
  ) {
    if prompt["tokens"] != nil {
      let tokens = try integers(prompt, "tokens").map { Int32(clamping: $0) }
      let positions = try integers(prompt, "image_positions")
      let order = try prompt["image_order"].map { _ throws(Failure) in
        try integers(prompt, "image_order")
      } ?? Array(positions.indices)
      let ascending = zip(positions, positions.dropFirst()).allSatisfy { $0 <= $1 }
      guard ascending, positions.allSatisfy({ 0...tokens.count ~= $0 }),
        order.count == positions.count
      else {
        throw Self.malformed("image_positions must ascend within the tokens, one for each image")
      }
      return (tokens, positions, order)
    }
    let (segments, order) = try segments(of: prompt)
    let encoding = try tokenizer.encode(segments: segments)
    return (encoding.tokens, encoding.imagePositions, order)
  }

  private func segments(of prompt: JSONObject) throws(Failure) -> ([Tokenizer.Segment], [Int]) {
    guard let list = prompt["segments"]?.array else {
      throw Self.malformed("expected `segments` or `tokens`")
    }
    var segments: [Tokenizer.Segment] = []
    var order: [Int] = []
    for item in list {
      if let text = item.object?["text"]?.string {
        segments.append(.text(text))
      } else if let name = item.object?["special"]?.string {
        segments.append(.special(name))
      } else if let image = item.object?["image"]?.int {
        segments.append(.image)
        order.append(image)
      } else {
        throw Self.malformed("a segment must have `text`, `special` or `image`")
      }
    }
    return (segments, order)
  }

  private func stops(of prompt: JSONObject) throws(Failure) -> [String] {
    guard let value = prompt["stop"] else { return [] }
    let texts = (value.array ?? []).compactMap(\.string)
    guard let list = value.array, texts.count == list.count else {
      throw Self.malformed("`stop` must be an array of strings")
    }
    return texts
  }

  private func integers(_ prompt: JSONObject, _ key: String) throws(Failure) -> [Int] {
    guard let list = prompt[key]?.array else { throw Self.malformed("`\(key)` must be an array") }
    let numbers = list.compactMap(\.int)
    guard numbers.count == list.count else {
      throw Self.malformed("`\(key)` must hold plain integers")
    }
    return numbers
  }

  private static func malformed(_ message: String) -> Failure {
    Failure(.invalidInput, code: "prompt/malformed", message)
  }
}
