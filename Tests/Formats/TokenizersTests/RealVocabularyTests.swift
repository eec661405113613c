// The real LLaMA vocabulary, where the checkout has it beside itself.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite(.enabled(if: RealVocabulary.path != nil, "LLaMA's vocabulary is not beside the checkout"))
struct RealVocabularyTests {
  @Test func knowsItsSpecialTokens() throws {
    let tokenizer = try RealVocabulary.tokenizer()
    #expect(tokenizer.vocabularySize == 32000)
    #expect(tokenizer.bos == 1)
    #expect(tokenizer.eos == 2)
    #expect(tokenizer.specialNames == ["</s>", "<s>", "<unk>"])
  }

  @Test func encodesThePromptOfTheReference() throws {
    let tokenizer = try RealVocabulary.tokenizer()
    let system = """
      A chat between a curious user and an artificial intelligence assistant. The assistant gives \
      helpful, detailed, and polite answers to the user's questions. USER:\u{20}
      """
    let encoding = try tokenizer.encode(segments: [
      .text(system), .image, .text("\nWhat is this? ASSISTANT:"),
    ])
    let before: [Int32] = [
      1, 319, 13563, 1546, 263, 12758, 1404, 322, 385, 23116, 21082, 20255, 29889, 450, 20255,
      4076, 8444, 29892, 13173, 29892, 322, 1248, 568, 6089, 304, 278, 1404, 29915, 29879, 5155,
      29889, 3148, 1001, 29901, 29871,
    ]
    let after: [Int32] = [
      29871, 13, 5618, 338, 445, 29973, 319, 1799, 9047, 13566, 29901,
    ]
    #expect(encoding.tokens == before + after)
    #expect(encoding.imagePositions == [before.count])
    #expect(encoding.origins.filter { $0 == 2 }.count == after.count)
  }

  @Test func encodesWordsAsTheReference() throws {
    let tokenizer = try RealVocabulary.tokenizer()
    #expect(tokenizer.encode("USER:") == [3148, 1001, 29901])
    #expect(tokenizer.encode("USER", dummyPrefix: false) == [11889])
    #expect(tokenizer.encode("###") == [835])
    #expect(tokenizer.encode("\n### Human", dummyPrefix: false) == [13, 2277, 29937, 12968])
    #expect(tokenizer.encode("\n###Human", dummyPrefix: false) == [13, 2277, 29937, 29950, 7889])
    #expect(tokenizer.encode("a cat\n") == [263, 6635, 13])
    #expect(tokenizer.encode("") == [])
    #expect(tokenizer.encode(" ") == [259])
  }

  @Test func textNeverYieldsSpecialTokens() throws {
    let tokenizer = try RealVocabulary.tokenizer()
    for text in ["</s>", "a<s>b", "<unk>", "x</s>", "<0x0A>", "<image></s>"] {
      let ids = tokenizer.encode(text)
      #expect(!ids.contains { tokenizer.isSpecial($0) || $0 == 13 }, "\(text)")
      #expect(tokenizer.decode(ids) == text)
    }
  }

  @Test func decodesWhatItEncodes() throws {
    let tokenizer = try RealVocabulary.tokenizer()
    for text in ["Hello  world", "naïve 🙂 日本語 語", "tab\tand\nline", "e\u{301}", "   ", "𝔘𝔫"] {
      #expect(Array(tokenizer.decode(tokenizer.encode(text)).utf8) == Array(text.utf8))
    }
  }

  @Test func aLongTextIsQuick() throws {
    let tokenizer = try RealVocabulary.tokenizer()
    let text = String(repeating: "abcdefgh", count: 4_000)
    let clock = ContinuousClock()
    var ids: [Int32] = []
    let time = clock.measure { ids = tokenizer.encode(text) }
    #expect(tokenizer.decode(ids) == text)
    #expect(time < .seconds(20))
  }
}

/// LLaMA's vocabulary as a GGUF file, kept outside the repository.
enum RealVocabulary {
  static let path: String? = {
    let root = URL(fileURLWithPath: packageRoot)
    for up in ["../shared", "../../shared", "shared"] {
      let path = root.appendingPathComponent("\(up)/data/llama-vocab.gguf").standardized.path
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    return nil
  }()

  static func tokenizer() throws -> Tokenizer {
    try Tokenizer.load(path: #require(path))
  }
}
