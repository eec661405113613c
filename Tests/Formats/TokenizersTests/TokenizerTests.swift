// The tokenizer's own rules: special tokens, added tokens, streaming.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import Testing

@testable import Tokenizers

@Suite struct TokenizerTests {
  private func model(_ files: [String: String]) throws -> Tokenizer {
    let directory = NSTemporaryDirectory() + "tokenizer-" + UUID().uuidString
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? manager.removeItem(atPath: directory) }
    try manager.copyItem(
      atPath: "\(Golden.directory)/llama.model", toPath: "\(directory)/tokenizer.model")
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }
    return try Tokenizer.load(directory: directory)
  }

  @Test func addedTokensAreFoundByName() throws {
    let tokenizer = try model([
      "added_tokens.json": "{\"<image>\":400,\"<pad>\":401}",
      "tokenizer_config.json":
        "{\"added_tokens_decoder\":{\"400\":{\"content\":\"<image>\"}},\"eos_token\":\"<pad>\"}",
    ])
    #expect(tokenizer.id(ofSpecial: "<image>") == 400)
    #expect(tokenizer.eos == 401)
    #expect(tokenizer.vocabularySize == 402)
    #expect(tokenizer.piece(401) == "<pad>")
    #expect(tokenizer.piece(402) == nil)
    #expect(!tokenizer.encode("<image>").contains(400))
    #expect(tokenizer.decode([400, 401]) == "")
  }

  @Test(arguments: [
    "{\"<image>\":-1}", "{\"<image>\":4000000000}", "{\"<s>\":7}", "{\"x\":1.5}", "[]", "{",
    "{\"x\":2147483647}",
  ])
  func impossibleAddedTokensAreRefused(text: String) {
    #expect(throws: Failure.self) { try model(["added_tokens.json": text]) }
  }

  @Test func aVocabularyPieceThatIsAddedNoLongerComesOutOfText() throws {
    let plain = try model([:])
    let cat = try #require(plain.encode("the cat").last)
    let name = try #require(plain.piece(cat))
    let tokenizer = try model(["added_tokens.json": "{\"\(name)\":\(cat)}"])
    #expect(!tokenizer.encode("the cat").contains(cat))
    #expect(try tokenizer.encode(segments: [.special(name)]).tokens == [1, cat])
  }

  @Test func anUnknownSpecialTokenIsRefused() throws {
    let tokenizer = try model([:])
    #expect { try tokenizer.encode(segments: [.special("<|im_end|>")]) } throws: {
      ($0 as? Failure)?.code == "tokenizer/unknown-special"
    }
  }

  @Test func beginningsAreAsConfigured() throws {
    let bare = try model(["tokenizer_config.json": "{\"add_bos_token\":false}"])
    #expect(try bare.encode(segments: []).tokens == [])
    #expect(try bare.encode(segments: [], addBOS: true).tokens == [1])
    let unprefixed = try model(["tokenizer_config.json": "{\"add_prefix_space\":false}"])
    #expect(unprefixed.encode("the") == unprefixed.encode("the", dummyPrefix: false))
  }

  @Test func tokensKnowTheirSegment() throws {
    let tokenizer = try model([:])
    let encoding = try tokenizer.encode(segments: [
      .text(""), .text("the"), .text(" cat"), .special("</s>"), .text(""), .text("dog"),
    ])
    #expect(Set(encoding.origins) == [-1, 1, 2, 3, 5])
    #expect(encoding.origins == encoding.origins.sorted())
  }

  @Test func streamingNeverShowsHalfACharacter() throws {
    let tokenizer = try model([:])
    let text = "日🙂語 cat 🙂"
    var decoder = StreamingDecoder(tokenizer)
    var shown = ""
    for id in tokenizer.encode(text) {
      let more = decoder.append(id)
      #expect(!more.contains("\u{fffd}"))
      shown += more
      #expect(text.hasPrefix(shown))
    }
    #expect(shown == text)
    #expect(decoder.finish() == "")
  }

  @Test func bytesThatAreNoCharacterAreReplacedOneForOne() throws {
    let tokenizer = try model([:])
    func bytes(_ values: [UInt8]) throws -> [Int32] {
      try values.map { try #require(tokenizer.vocabulary.byteIds)[Int($0)] }
    }
    #expect(tokenizer.decode(try bytes([0xff, 0x41])) == "\u{fffd}A")
    #expect(tokenizer.decode(try bytes([0xf0, 0x9f, 0x41])) == "\u{fffd}\u{fffd}A")
    #expect(tokenizer.decode(try bytes([0xed, 0xa0, 0x80])) == "\u{fffd}\u{fffd}\u{fffd}")
    #expect(tokenizer.decode(try bytes([0xf0, 0x9f, 0x99])) == "\u{fffd}\u{fffd}\u{fffd}")
    #expect(tokenizer.decode(try bytes([0xe2, 0x96])) == "\u{fffd}\u{fffd}")
  }

  @Test func idsOutOfRangeStandForNothing() throws {
    let tokenizer = try model([:])
    #expect(tokenizer.decode([-1, 400, .max, .min]) == "")
  }
}
