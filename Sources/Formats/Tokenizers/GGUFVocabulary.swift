// Reads the vocabulary out of a GGUF file, llama.cpp's container, without looking at the weights.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The tokenizer's metadata of a GGUF file of version 2 or 3.
struct GGUFVocabulary {
  private indirect enum Value {
    case integer(Int64)
    case float(Float)
    case text(String)
    case array([Value])
  }

  private let bytes: [UInt8]
  private var position = 4
  private var metadata: [String: Value] = [:]

  init(_ bytes: [UInt8]) throws(Failure) {
    self.bytes = bytes
    let version = try integer(4)
    guard version == 2 || version == 3 else {
      throw fault("version \(version), expected 2 or 3")
    }
    _ = try integer(8)
    let count = try integer(8)
    for _ in 0..<max(0, count) {
      let key = try text()
      metadata[key] = try value(type: integer(4), depth: 0)
    }
  }

  /// What LLaMA's tokenizer needs of it.
  func parts() throws(Failure) -> TokenizerParts {
    guard case .text("llama")? = metadata["tokenizer.ggml.model"],
      case .array(let tokens)? = metadata["tokenizer.ggml.tokens"],
      case .array(let scores)? = metadata["tokenizer.ggml.scores"],
      case .array(let kinds)? = metadata["tokenizer.ggml.token_type"],
      tokens.count == scores.count, tokens.count == kinds.count
    else { throw fault("no LLaMA vocabulary with scores and types") }
    var pieces: [Vocabulary.Piece] = []
    for index in tokens.indices {
      guard case .text(let text) = tokens[index], case .float(let score) = scores[index],
        case .integer(let number) = kinds[index],
        let kind = Int32(exactly: number).flatMap(Vocabulary.Kind.init)
      else { throw fault("piece \(index) without text, score or type") }
      pieces.append(Vocabulary.Piece(text: text, score: score, kind: kind))
    }
    let normalizer = Vocabulary.Normalizer(
      addsDummyPrefix: flag("tokenizer.ggml.add_space_prefix") ?? true,
      removesExtraWhitespace: flag("tokenizer.ggml.remove_extra_whitespaces") ?? false,
      escapesWhitespace: true)
    let vocabulary = try Vocabulary(pieces: pieces, normalizer: normalizer, byteFallback: true)
    return TokenizerParts(
      vocabulary: vocabulary, addsBOS: flag("tokenizer.ggml.add_bos_token") ?? true,
      bosName: name("tokenizer.ggml.bos_token_id", pieces),
      eosName: name("tokenizer.ggml.eos_token_id", pieces))
  }

  private func flag(_ key: String) -> Bool? {
    if case .integer(let value)? = metadata[key] { value != 0 } else { nil }
  }

  private func name(_ key: String, _ pieces: [Vocabulary.Piece]) -> String? {
    guard case .integer(let id)? = metadata[key], let id = Int(exactly: id),
      pieces.indices.contains(id)
    else { return nil }
    return pieces[id].text
  }

  private mutating func value(type: Int, depth: Int) throws(Failure) -> Value {
    switch type {
    case 0, 1, 7: return .integer(Int64(try integer(1)))
    case 2, 3: return .integer(Int64(try integer(2)))
    case 4, 5: return .integer(Int64(try integer(4)))
    case 6: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: try integer(4))))
    case 8: return .text(try text())
    case 10, 11, 12:
      _ = try take(8)
      return .integer(0)
    case 9 where depth == 0:
      let element = try integer(4)
      let count = try integer(8)
      // Each element takes a byte or more, so a count beyond the bytes left is a lie.
      guard count <= bytes.count - position else { throw fault("an array of \(count) elements") }
      var items: [Value] = []
      for _ in 0..<count { items.append(try value(type: element, depth: 1)) }
      return .array(items)
    default: throw fault("a value of type \(type)")
    }
  }

  private mutating func text() throws(Failure) -> String {
    guard let text = String(validating: try take(integer(8)), as: UTF8.self) else {
      throw fault("text that is not UTF-8")
    }
    return text
  }

  /// A little-endian integer of `size` bytes; those beyond `Int` are refused.
  private mutating func integer(_ size: Int) throws(Failure) -> Int {
    let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let integer = Int(exactly: value) else { throw fault("the number \(value)") }
    return integer
  }

  private mutating func take(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else {
      throw fault("\(count) bytes announced and \(bytes.count - position) left")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private func fault(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "tokenizer/corrupt", at: "byte \(position)",
      "expected a GGUF vocabulary, found \(found)")
  }
}
