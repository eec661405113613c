// A vocabulary written as metadata of a GGUF file gives the ids that it gave before.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import GGUF
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct GGUFSettingsTests {
  private static let tiny = "\(packageRoot)/examples/tiny-llava"

  private func texts() -> [String] {
    var generator = SeededGenerator(seed: 6)
    let words = [
      "the", "a", "picture", "is", "What", "USER:", "aaaa", "é", "你好", "\n", "\t", "123", "  ",
      "zebra", "\u{1F600}", "blue", " triangle", "<image>", "</s>",
    ]
    return (0..<300).map { _ in
      (0..<Int.random(in: 1...9, using: &generator)).map { _ in
        words.randomElement(using: &generator) ?? ""
      }.joined(separator: Bool.random(using: &generator) ? " " : "")
    }
  }

  /// The tokenizer that comes of its own settings.
  private func written(
    _ tokenizer: Tokenizer, rows: Int, imageToken: Int? = nil, in directory: TemporaryDirectory
  ) throws -> Tokenizer {
    let path = directory.file("vocabulary.gguf")
    let plan = GGUFPlan(
      settings: try tokenizer.ggufSettings(rows: rows, imageToken: imageToken), tensors: [])
    try plan.write(to: try AtomicFile(path: path)) { (_) throws(Failure) in }
    return try Tokenizer.load(path: path)
  }

  private func copy(_ names: [String], config: String?, to directory: TemporaryDirectory) throws {
    for name in names {
      try FileManager.default.copyItem(
        atPath: "\(Self.tiny)/\(name)", toPath: directory.file(name))
    }
    if let config { try directory.write(config, to: "tokenizer_config.json") }
  }

  private static let cases: [(files: [String], config: String?)] = [
    (["tokenizer.model"], nil), (["tokenizer.model"], #"{"legacy":true}"#),
    (["tokenizer.model"], #"{"legacy":false}"#),
    (["tokenizer.model"], #"{"add_prefix_space":false}"#),
    (["tokenizer.model"], #"{"add_bos_token":false}"#),
    (["tokenizer.model", "tokenizer_config.json", "added_tokens.json"], nil),
    (["tokenizer.json"], nil),
  ]

  @Test(arguments: 0..<cases.count) func theIdsAreTheSame(index: Int) throws {
    let directory = try TemporaryDirectory()
    let (files, config) = Self.cases[index]
    try copy(files, config: config, to: directory)
    let tokenizer = try Tokenizer.load(directory: directory.path)
    let other = try written(tokenizer, rows: 704, imageToken: 640, in: directory)
    #expect(other.vocabularySize == 704)
    #expect((other.bos, other.eos, other.addsBOS) == (1, 2, tokenizer.addsBOS))
    #expect(other.id(ofSpecial: "<image>") == 640)
    for name in tokenizer.specialNames {
      #expect(other.id(ofSpecial: name) == tokenizer.id(ofSpecial: name), "\(name)")
    }
    for text in texts() {
      #expect(other.encode(text) == tokenizer.encode(text), "\(text.debugDescription)")
      let segments: [Tokenizer.Segment] = [
        .text(text), .image, .text(text), .special("</s>"), .text(text),
      ]
      #expect(
        try other.encode(segments: segments) == tokenizer.encode(segments: segments),
        "\(text.debugDescription)")
    }
    #expect(
      tokenizer.ggufLosses(rows: 704).count == (files == ["tokenizer.json"] ? 1 : 0))
    // And again, of what was written.
    let again = try TemporaryDirectory()
    let third = try written(other, rows: 704, in: again)
    for text in texts().prefix(50) { #expect(third.encode(text) == tokenizer.encode(text)) }
  }

  /// Ordinary added tokens stay whole where they stand in a text.
  @Test func addedTokensThatAreWordsStayWhole() throws {
    let directory = try TemporaryDirectory()
    try copy(["tokenizer.model"], config: nil, to: directory)
    try directory.write(
      #"""
      {"added_tokens_decoder":{
        "640":{"content":"zebra","special":false},
        "641":{"content":"<box>","special":true},
        "642":{"content":"sea lion","special":false,"lstrip":true}}}
      """#, to: "tokenizer_config.json")
    let tokenizer = try Tokenizer.load(directory: directory.path)
    let other = try written(tokenizer, rows: 643, in: directory)
    #expect(tokenizer.encode("zebra").contains(640))
    #expect(other.encode("a zebra and a zebra").filter { $0 == 640 }.count == 2)
    #expect(!other.encode("<box>").contains(641))
    #expect(other.id(ofSpecial: "<box>") == 641)
    #expect(
      tokenizer.ggufLosses(rows: 643) == [
        "added tokens lose the spaces or words that they ask for around them"
      ])
    // Rows that are not there have no tokens.
    #expect(tokenizer.ggufLosses(rows: 640).first?.contains("up to 642") == true)
    #expect(try written(tokenizer, rows: 640, in: directory).vocabularySize == 640)
  }

  /// Rows beyond the vocabulary have names, as llama.cpp wants them, that no text has.
  @Test func rowsWithoutATokenGetNames() throws {
    let directory = try TemporaryDirectory()
    try copy(["tokenizer.model"], config: nil, to: directory)
    let tokenizer = try Tokenizer.load(directory: directory.path)
    let count = tokenizer.vocabularySize
    let settings = try tokenizer.ggufSettings(rows: count + 2)
    guard case .texts(let tokens)? = settings.first(where: { $0.key.hasSuffix("tokens") })?.value,
      case .integers(let kinds)? = settings.first(where: { $0.key.hasSuffix("type") })?.value
    else {
      Issue.record("no tokens")
      return
    }
    #expect(tokens.suffix(2) == ["[PAD\(count)]", "[PAD\(count + 1)]"])
    #expect(kinds.suffix(2) == [5, 5])
    let other = try written(tokenizer, rows: count + 2, in: directory)
    #expect(other.encode("[PAD\(count)]") == tokenizer.encode("[PAD\(count)]"))
  }

  @Test func vocabulariesWithoutBytesAreRefused() throws {
    let pieces = ["<unk>", "▁", "a"].enumerated().map { index, text in
      Vocabulary.Piece(text: text, score: 0, kind: index == 0 ? .unknown : .normal)
    }
    let parts = TokenizerParts(
      vocabulary: try Vocabulary(pieces: pieces, normalizer: .init(), byteFallback: false))
    do {
      _ = try Tokenizer(parts).ggufSettings(rows: 3)
      Issue.record("a vocabulary without bytes was written")
    } catch { #expect(error.code == "tokenizer/gguf") }
  }
}
