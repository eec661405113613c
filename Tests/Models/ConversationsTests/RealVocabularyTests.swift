// The reference's verified sequences, with LLaMA's real vocabulary where it is at hand.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import Testing

@testable import Conversations
@testable import Tokenizers

@Suite(.enabled(if: Models.real != nil, "LLaMA's vocabulary is not beside the checkout"))
struct RealVocabularyTests {
  private let turns = dialogue(["<image>\nWhat is this?", "A cat.", "Sure?", "Yes."])

  /// The vocabulary, read as `tokenizer_config.json` with such a `legacy` would have it.
  private func tokenizer(legacy: Bool) throws -> Tokenizer {
    let file = try GGUFFile(MappedFile(path: #require(Models.real)))
    var parts = try GGUFVocabulary(file).parts()
    parts.follow(legacy: legacy)
    return try Tokenizer(parts)
  }

  private func tokens(
    _ key: String, legacy: Bool, compatibility: PromptOptions.Compatibility? = nil
  ) throws -> Prompt.Tokens {
    var options = PromptOptions()
    options.compatibility = compatibility
    let tokenizer = try tokenizer(legacy: legacy)
    return try template(key).trainingPrompt(for: turns, options: options).encoded(by: tokenizer)
  }

  @Test func anAnswerIsLearnedWithItsEnd() throws {
    let old = try tokens("llava_v1", legacy: true)
    #expect(old.reference.count == 64)
    #expect(
      old.reference.suffix(22) == [
        319, 1799, 9047, 13566, 29901, 319, 6635, 29889, 2, 3148, 1001, 29901, 18585, 29973, 319,
        1799, 9047, 13566, 29901, 3869, 29889, 2,
      ])
    let new = try tokens("llava_v1", legacy: false)
    #expect(new.reference.count == 63)
    #expect(new.reference.contains(11889))
    for found in [old, new] {
      #expect(found.supervised == [[319, 6635, 29889, 2], [3869, 29889, 2]])
    }
  }

  @Test func llama2LearnsTheSpaceBeforeTheEnd() throws {
    let found = try tokens("llava_llama_2", legacy: true)
    #expect(found.reference.count == 82)
    #expect(found.supervised == [[319, 6635, 29889, 29871, 2], [3869, 29889, 29871, 2]])
  }

  @Test func v0LearnsItsSeparators() throws {
    let found = try tokens("llava_v0", legacy: true, compatibility: .referenceV0)
    #expect(found.reference.count == 73)
    let hashes: [Int32] = [2277, 29937]
    #expect(
      found.supervised == [
        hashes, hashes + [4007, 22137, 29901, 319, 6635, 29889, 13] + hashes,
        hashes + [4007, 22137, 29901, 3869, 29889, 13] + hashes + [29871],
      ])
  }

  @Test func aCaptionFollowsItsImage() throws {
    let tokenizer = try tokenizer(legacy: false)
    let found = try template("plain").trainingPrompt(for: dialogue(["x\n<image>", "a cat"]))
      .encoded(by: tokenizer)
    #expect(found.reference == [1, -200, 263, 6635, 13])
    #expect(found.referenceSpans == [[2, 5]])
  }

  @Test func aPromptIsThatOfTheReference() throws {
    for legacy in [true, false] {
      let tokenizer = try tokenizer(legacy: legacy)
      let found = try template("vicuna_v1").prompt(for: dialogue(["<image>\nWhat is this?"]))
        .encoded(by: tokenizer)
      #expect(
        found.reference == [
          1, 319, 13563, 1546, 263, 12758, 1404, 322, 385, 23116, 21082, 20255, 29889, 450, 20255,
          4076, 8444, 29892, 13173, 29892, 322, 1248, 568, 6089, 304, 278, 1404, 29915, 29879,
          5155, 29889, 3148, 1001, 29901, 29871, -200, 29871, 13, 5618, 338, 445, 29973, 319, 1799,
          9047, 13566, 29901,
        ])
      #expect(found.reference.count == 47)
    }
  }
}
