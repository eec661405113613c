// What the tests of this module share: dialogues in short, prompts as text, tokenizers.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import Conversations

/// Turns that alternate, with `<image>` for images numbered in order.
func dialogue(_ texts: [String]) -> Dialogue {
  var image = 0
  return Dialogue(
    turns: texts.enumerated().map { index, text in
      var parts: [Dialogue.Part] = []
      for (number, piece) in text.components(separatedBy: "<image>").enumerated() {
        if number > 0 {
          parts.append(.image(image))
          image += 1
        }
        if !piece.isEmpty { parts.append(.text(piece)) }
      }
      return .init(index % 2 == 0 ? .human : .assistant, parts)
    })
}

func template(_ key: String) throws -> ConversationTemplate {
  try #require(ConversationTemplate.named(key))
}

extension Prompt {
  /// The segments joined, `<image>` for images.
  var joined: String {
    segments.reduce(into: "") {
      switch $1.content {
      case .text(let text), .special(let text): $0 += text
      case .image: $0 += "<image>"
      }
    }
  }
}

extension Prompt.Tokens {
  /// The ids with -200 where images go, as LLaVA writes them.
  var reference: [Int] {
    var ids = self.ids.map(Int.init)
    for position in imagePositions.reversed() { ids.insert(-200, at: position) }
    return ids
  }

  /// The loss spans in `reference`.
  var referenceSpans: [[Int]] {
    lossSpans.map { span in
      let before = imagePositions.filter { $0 <= span.lowerBound }.count
      return [span.lowerBound + before, span.upperBound + before]
    }
  }

  /// The ids that carry loss.
  var supervised: [[Int32]] { lossSpans.map { Array(ids[$0]) } }
}

enum Models {
  static let root = URL(fileURLWithPath: packageRoot)

  static let golden = root.appendingPathComponent("Tests/Golden/text").path

  /// LLaMA's vocabulary, kept outside the repository.
  static let real: String? = ["../shared", "../../shared"]
    .map { root.appendingPathComponent("\($0)/data/llama-vocab.gguf").standardized.path }
    .first { FileManager.default.fileExists(atPath: $0) }

  /// The tokenizer in `file` with `legacy` as given.
  static func tokenizer(_ file: String, legacy: Bool) throws -> Tokenizer {
    let directory = try TemporaryDirectory()
    let path = directory.file("vocabulary")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: file)
    try directory.write("{\"legacy\":\(legacy)}", to: "tokenizer_config.json")
    return try Tokenizer.load(path: path)
  }
}
