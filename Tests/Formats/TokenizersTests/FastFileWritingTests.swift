// A vocabulary written as tokenizer.json gives the ids that the SentencePiece model gives.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct FastFileWritingTests {
  private func texts() -> [String] {
    var generator = SeededGenerator(seed: 5)
    let words = [
      "the", "a", "picture", "is", "What", "USER:", "aaaa", "é", "你好", "\n", "\t", "123", "  ",
      "zebra",
      "\u{1F600}",
    ]
    return (0..<400).map { _ in
      (0..<Int.random(in: 1...9, using: &generator)).map { _ in
        words.randomElement(using: &generator) ?? ""
      }.joined(separator: Bool.random(using: &generator) ? " " : "")
    }
  }

  @Test(arguments: [nil, true, false] as [Bool?])
  func theIdsAreTheSame(legacy: Bool?) throws {
    let directory = try TemporaryDirectory()
    let model = [UInt8](
      try Data(
        contentsOf: URL(fileURLWithPath: "\(packageRoot)/examples/tiny-llava/tokenizer.model")))
    try directory.write(model, to: "tokenizer.model")
    if let legacy { try directory.write("{\"legacy\":\(legacy)}", to: "tokenizer_config.json") }
    let tokenizer = try Tokenizer.load(directory: directory.path)
    let made = try #require(tokenizer.fastFile())
    let fast = try TemporaryDirectory()
    try fast.write(JSONValue.object(made).indented(), to: "tokenizer.json")
    let other = try Tokenizer.load(directory: fast.path)
    #expect(other.prefixRule == tokenizer.prefixRule)
    #expect(other.vocabularySize == tokenizer.vocabularySize)
    #expect(other.specialNames == tokenizer.specialNames)
    for text in texts() where !(legacy == false && text.hasPrefix(" ")) {
      // Metaspace puts no second space before one that is there.
      #expect(other.encode(text) == tokenizer.encode(text), "\(text.debugDescription)")
    }
    #expect(other.fastFile() == nil)
  }
}
