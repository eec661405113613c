// Models that are cut, flipped, lying or of another kind: each is refused, none ends the process.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import GGUFWriting
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct HostileModelTests {
  private func bytes(_ name: String) throws -> [UInt8] {
    try readWholeFile("\(Golden.directory)/\(name)", limit: 1 << 20)
  }

  private func load(_ bytes: [UInt8]) throws(Failure) -> Vocabulary {
    let model = try SentencePieceModel(bytes)
    return try Vocabulary(
      pieces: model.pieces, normalizer: model.normalizer, byteFallback: model.byteFallback)
  }

  @Test func everyCutIsRefusedOrReadsFewerPieces() throws {
    let whole = try bytes("llama.model")
    #expect(try load(whole).pieces.count == 400)
    for size in stride(from: 0, to: whole.count, by: amount(53, soak: 1)) {
      let found = try? load(Array(whole.prefix(size)))
      // The trainer's settings come last; without them the model's type is not known.
      if found != nil { #expect(size > whole.count - 200) }
    }
  }

  @Test func flippedBytesNeverTrap() throws {
    let whole = try bytes("llama.model")
    var generator = SeededGenerator(seed: 3)
    var refused = 0
    let rounds = amount(100, soak: 10_000)
    for _ in 0..<rounds {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      do throws(Failure) {
        let vocabulary = try load(bytes)
        let source = Array("the cat 🙂 a<s>".utf8)
        let text = NormalizedText(
          source, in: source.indices, start: .init(addsPrefix: true), vocabulary: vocabulary)
        PieceMerger.encode(
          text.bytes, in: text.bytes.indices, vocabulary: vocabulary, rule: .pieces
        ) { _, _ in }
      } catch {
        refused += 1
        #expect([.invalidInput, .mismatch].contains(error.status))
      }
    }
    #expect(refused > 0 && refused < rounds)
  }

  @Test func lyingLengthsAreRefused() {
    for bytes: [UInt8] in [
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x0b], [0x0a, 0x05, 0x01], [0x80], [0x0d, 0, 0], [],
    ] {
      #expect(throws: Failure.self) { try load(bytes) }
    }
  }

  @Test func otherKindsOfModelAreNamed() throws {
    // trainer_spec { model_type: UNIGRAM }, then normalizer_spec { precompiled_charsmap: "x" }.
    for model: [UInt8] in [[0x12, 2, 0x18, 1], [0x12, 2, 0x18, 2, 0x1a, 3, 0x12, 1, 0x78]] {
      #expect { try SentencePieceModel(model) } throws: {
        ($0 as? Failure)?.code == "tokenizer/unsupported"
      }
    }
  }

  @Test(arguments: [
    "{}", "[]", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{},\"merges\":[]}}",
    "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"<unk>\":0,\"a\":7},\"merges\":[]}}",
    "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"<unk>\":0},\"merges\":[\"a b\"]}}",
    "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"<unk>\":0},\"merges\":[]}}",
    "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}",
    "{\"model\":{\"vocab\":{\"<unk>\":0},\"merges\":[],\"ignore_merges\":true}}",
  ])
  func otherFastTokenizersAreRefused(text: String) throws {
    let document = try JSONValue(parsing: Array(text.utf8))
    #expect(throws: Failure.self) { try FastTokenizerFile(document) }
  }

  /// Space and mark are one character to a reader, and two pieces to a tokenizer.
  @Test(arguments: ["\"e \u{301}\"", "[\"e\",\"\u{301}\"]"])
  func mergesOfMarksAreRead(merge: String) throws {
    let text = """
      {"model":{"type":"BPE","unk_token":"<unk>","merges":[\(merge)],
        "vocab":{"<unk>":0,"e":1,"\u{301}":2,"e\u{301}":3,"▁":4}},
        "normalizer":{"type":"Sequence","normalizers":[
          {"type":"Replace","pattern":{"String":" "},"content":"▁"}]}}
      """
    let tokenizer = try Tokenizer(FastTokenizerFile(JSONValue(parsing: Array(text.utf8))).parts)
    #expect(tokenizer.encode("e\u{301} e") == [3, 4, 1])
  }

  /// Tokenizers of the other family are named: Llama 3's two files, and a GGUF file's.
  @Test func byteLevelTokenizersAreNamed() throws {
    let directory = try TemporaryDirectory()
    let splitter = #"{"type":"Sequence","pretokenizers":[{"type":"Split"},{"type":"ByteLevel"}]}"#
    try directory.write(
      #"{"pre_tokenizer":\#(splitter),"model":{"vocab":{"!":0},"merges":[],"ignore_merges":true}}"#,
      to: "tokenizer.json")
    try directory.write("IQ== 0\nIg== 1\n", to: "tokenizer.model")
    let key = Array("tokenizer.ggml.model".utf8)
    try directory.write(
      Array("GGUF".utf8) + [3, 0, 0, 0] + Array(repeating: 0, count: 8) + [1, 0, 0, 0, 0, 0, 0, 0]
        + [UInt8(key.count), 0, 0, 0, 0, 0, 0, 0] + key + [8, 0, 0, 0]
        + [4, 0, 0, 0, 0, 0, 0, 0] + Array("gpt2".utf8), to: "model.gguf")
    for name in ["tokenizer.json", "tokenizer.model", "model.gguf"] {
      #expect { try Tokenizer.load(path: directory.file(name)) } throws: {
        guard let failure = $0 as? Failure else { return false }
        return failure.code == "tokenizer/byte-level" && failure.status == .mismatch
          && failure.message.contains("Llama 3") && failure.remedy?.contains("Vicuna") == true
      }
    }
  }

  /// What of a GGUF file's vocabulary is changed, and a word of the refusal; nil where it is read.
  static let ggufChanges: [(key: String, value: GGUFField?, word: String?)] = [
    ("pre", .text("default"), nil), ("bos_token_id", nil, nil), ("model", nil, "no LLaMA"),
    ("model", .text("bert"), "no LLaMA"), ("model", .u32(1), "no LLaMA"),
    ("tokens", nil, "no LLaMA"), ("tokens", .texts([]), "no LLaMA"),
    ("tokens", .text("a"), "no LLaMA"), ("tokens", .texts(["a"]), "no LLaMA"),
    ("tokens", .array(8, Array(repeating: [1, 0, 0, 0, 0, 0, 0, 0, 0xff], count: 259)), "UTF-8"),
    ("tokens", .texts(Array(repeating: "a", count: 259)), "twice"),
    ("scores", .floats([0]), "no LLaMA"),
    ("scores", .integers(Array(repeating: 0, count: 259)), "f32"),
    ("scores", .floats(Array(repeating: .nan, count: 259)), "score"),
    ("token_type", .integers(Array(repeating: 9, count: 259)), "type 9"),
    ("token_type", .integers(Array(repeating: -1, count: 259)), "type -1"),
    ("token_type", .integers(Array(repeating: 1, count: 259)), "unknown piece"),
  ]

  @Test(arguments: ggufChanges.indices) func ggufVocabulariesAreChecked(row: Int) throws {
    let change = Self.ggufChanges[row]
    var writer = GGUFWriter()
    let bytes = (0..<256).map { Vocabulary.byteName(UInt8($0)) }
    writer["tokenizer.ggml.model"] = .text("llama")
    writer["tokenizer.ggml.tokens"] = .texts(["<unk>", "<s>", "</s>"] + bytes)
    writer["tokenizer.ggml.scores"] = .floats(Array(repeating: 0, count: 259))
    writer["tokenizer.ggml.token_type"] = .integers([2, 3, 3] + Array(repeating: 6, count: 256))
    writer["tokenizer.ggml.bos_token_id"] = .u32(1)
    writer["tokenizer.ggml." + change.key] = change.value
    let directory = try TemporaryDirectory()
    let path = try directory.write(writer.bytes, to: "a.gguf")
    switch Result(catching: { () throws(Failure) in try Tokenizer.load(path: path) }) {
    case .success(let tokenizer):
      #expect(change.word == nil)
      #expect(tokenizer.bos == 1 && tokenizer.eos == 2)
      // The bytes of the prefix, U+2581, and of the letter.
      #expect(tokenizer.encode("a") == [0xe2, 0x96, 0x81, 0x61].map { $0 + 3 })
    case .failure(let failure):
      let word = try #require(change.word, "\(failure)")
      #expect(failure.message.contains(word), "\(failure)")
      #expect(failure.place?.hasPrefix(path) == true)
    }
  }

  @Test func smallFilesHaveALimit() throws {
    let directory = try TemporaryDirectory()
    try directory.write(bytes("llama.model"), to: "tokenizer.model")
    let path = try directory.write(
      Array("{\"a\":1".utf8) + Array(repeating: 0x20, count: 9 << 20) + Array("}".utf8),
      to: "added_tokens.json")
    #expect { try Tokenizer.load(directory: directory.path) } throws: {
      guard let failure = $0 as? Failure else { return false }
      return failure.status == .limitExceeded && failure.place == path
    }
  }

  @Test func missingFilesAreNamed() {
    #expect { try Tokenizer.load(directory: "/nowhere") } throws: {
      ($0 as? Failure)?.code == "tokenizer/not-found"
    }
  }
}
