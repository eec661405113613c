// Reads the vocabulary out of a GGUF file, llama.cpp's container, without looking at the weights.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The tokenizer's metadata of a GGUF file of version 2 or 3. What LLaMA's tokenizer does not need
/// is stepped over: its size is the file's say.
struct GGUFVocabulary {
  private let bytes: [UInt8]
  private var position = 4
  private var model = ""
  private var texts: [String] = []
  private var scores: [Float] = []
  private var kinds: [Int32] = []
  /// Numbers and flags by key.
  private var numbers: [ExactText: Int] = [:]

  private static let prefix = "tokenizer.ggml."

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
      try read(key, type: integer(4))
    }
  }

  /// What LLaMA's tokenizer needs of it.
  func parts() throws(Failure) -> TokenizerParts {
    if model == "gpt2" { throw Tokenizer.byteLevel("a byte-level byte-pair tokenizer") }
    guard model == "llama", !texts.isEmpty, texts.count == scores.count, texts.count == kinds.count
    else { throw fault("no LLaMA vocabulary with scores and types") }
    var pieces: [Vocabulary.Piece] = []
    for index in texts.indices {
      guard let kind = Vocabulary.Kind(rawValue: kinds[index]) else {
        throw fault("piece \(index) of type \(kinds[index])")
      }
      pieces.append(Vocabulary.Piece(text: texts[index], score: scores[index], kind: kind))
    }
    let normalizer = Vocabulary.Normalizer(
      addsDummyPrefix: flag("add_space_prefix") ?? true,
      removesExtraWhitespace: flag("remove_extra_whitespaces") ?? false, escapesWhitespace: true)
    let vocabulary = try Vocabulary(pieces: pieces, normalizer: normalizer, byteFallback: true)
    return TokenizerParts(
      vocabulary: vocabulary, addsBOS: flag("add_bos_token") ?? true,
      bosName: name("bos_token_id"), eosName: name("eos_token_id"))
  }

  private func flag(_ key: String) -> Bool? {
    numbers[ExactText(Self.prefix + key)].map { $0 != 0 }
  }

  private func name(_ key: String) -> String? {
    guard let id = numbers[ExactText(Self.prefix + key)], texts.indices.contains(id) else {
      return nil
    }
    return texts[id]
  }

  private mutating func read(_ key: String, type: Int) throws(Failure) {
    switch (key, type) {
    case ("tokenizer.ggml.model", 8): model = try text()
    case ("tokenizer.ggml.tokens", 9):
      texts = []
      for _ in 0..<(try pieceCount(of: 8)) { texts.append(try text()) }
    case ("tokenizer.ggml.scores", 9):
      scores = []
      for _ in 0..<(try pieceCount(of: 6)) {
        scores.append(Float(bitPattern: UInt32(truncatingIfNeeded: try integer(4))))
      }
    case ("tokenizer.ggml.token_type", 9):
      kinds = []
      for _ in 0..<(try pieceCount(of: 5)) {
        kinds.append(Int32(truncatingIfNeeded: try integer(4)))
      }
    case (_, 0), (_, 1), (_, 7): try keep(key, size: 1)
    case (_, 2), (_, 3): try keep(key, size: 2)
    case (_, 4), (_, 5): try keep(key, size: 4)
    default: try skip(type: type, depth: 0)
    }
  }

  private mutating func keep(_ key: String, size: Int) throws(Failure) {
    let value = try integer(size)
    let begins = key.utf8.starts(with: Self.prefix.utf8) && key.utf8.count < 64
    if begins, numbers.count < 64 { numbers[ExactText(key)] = value }
  }

  /// The length of an array of `type` with one element a piece.
  private mutating func pieceCount(of type: Int) throws(Failure) -> Int {
    let (found, count) = (try integer(4), try integer(8))
    guard found == type, count <= Vocabulary.sizeLimit else {
      throw fault("\(count) elements of type \(found) for pieces")
    }
    return count
  }

  private mutating func skip(type: Int, depth: Int) throws(Failure) {
    switch type {
    case 8: _ = try take(integer(8))
    case 9 where depth == 0:
      let (element, count) = (try integer(4), try integer(8))
      if let size = Self.sizes[element] {
        let (total, overflow) = size.multipliedReportingOverflow(by: count)
        guard !overflow else { throw fault("an array of \(count) elements") }
        _ = try take(total)
      } else {
        // Each takes bytes, so that a lying count meets the end.
        for _ in 0..<count { try skip(type: element, depth: 1) }
      }
    default:
      guard let size = Self.sizes[type] else { throw fault("a value of type \(type)") }
      _ = try take(size)
    }
  }

  /// Bytes of a value of each type of fixed size.
  private static let sizes = [
    0: 1, 1: 1, 7: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 10: 8, 11: 8, 12: 8,
  ]

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
