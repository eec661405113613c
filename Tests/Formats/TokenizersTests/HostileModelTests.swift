// Models that are cut, flipped, lying or of another kind: each is refused, none ends the process.
// SPDX-License-Identifier: Apache-2.0
import Foundation
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
        let text = NormalizedText(
          ["the cat 🙂 a<s>"], start: .init(addsPrefix: true), vocabulary: vocabulary)
        _ = PieceMerger.pieces(of: text.bytes, vocabulary: vocabulary, rule: .pieces)
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

  @Test func ggufLiesAreRefused() throws {
    let start = Array("GGUF".utf8) + [3, 0, 0, 0] + Array(repeating: UInt8(0), count: 8)
    let count: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    let huge: [UInt8] = Array(repeating: 0xff, count: 8)
    let key: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0x6b]
    for rest: [UInt8] in [
      [], huge, count, count + huge, count + key + [9, 0, 0, 0, 4, 0, 0, 0] + huge,
      count + key + [9, 0, 0, 0, 9, 0, 0, 0] + count, count + key + [99, 0, 0, 0],
    ] {
      #expect(throws: Failure.self) { try GGUFVocabulary(start + rest).parts() }
    }
  }

  @Test func missingFilesAreNamed() {
    #expect { try Tokenizer.load(directory: "/nowhere") } throws: {
      ($0 as? Failure)?.code == "tokenizer/not-found"
    }
  }
}
