// How an answer ends, and what of its text is kept.
// SPDX-License-Identifier: Apache-2.0
import Operations
import TestSupport
import Testing
import Tokenizers

@testable import Generation

/// A store of which nothing is read: these tests give the logits.
private final class UnreadStore: AttentionStore {
  let capacity = 0
  let length = 0
  let byteCount = 0

  func advance(by count: Int) {}
  func truncate(to length: Int) {}
  func copyPrefix(of other: any AttentionStore, length: Int) {}
}

struct AnswerTests {
  /// The answer of a model that writes `text` and then no more.
  private func answer(_ text: String, stops: [String] = [], ends: Bool = false) throws -> Answer? {
    let tokenizer = try Tokenizer.load(path: "\(packageRoot)/Tests/Golden/text/llama.model")
    let ids = tokenizer.encode(text)
    var options = GenerationOptions()
    options.stops = stops
    let open = OpenAnswer(
      ordinal: 0, id: "a", prompt: PreparedPrompt(pieces: [.tokens([1])]),
      store: UnreadStore(),
      options: options, maxTokens: ids.count + (ends ? 1 : 0), tokenizer: tokenizer)
    for id in ids + [2] {
      var logits = [Float](repeating: 0, count: tokenizer.vocabularySize)
      logits[Int(id)] = 1
      if let answer = try open.advance(logits, ends: [2], show: { _ in }) { return answer }
    }
    return nil
  }

  /// A stop text that waited for a longer one to come counts at the end, as one found before.
  @Test(arguments: [true, false])
  func stopsAtTheEndAreFound(ends: Bool) throws {
    let text = "a purple square"
    for (stops, left) in [(["squareX", "quare"], "a purple s"), (["re!", "e"], "a purpl")] {
      let answer = try #require(try answer(text, stops: stops, ends: ends))
      #expect(answer.text == left)
      #expect(answer.finishReason == .stop)
    }
    #expect(try answer(text, ends: ends)?.finishReason == (ends ? .stop : .length))
  }

  /// As Python's `str.strip`: a mark after a space is no space.
  @Test(arguments: [
    ("cat \u{301}", "cat \u{301}"), ("   \u{308}bird", "\u{308}bird"), (" \u{200d} ", "\u{200d}"),
    ("\u{1c}\u{1f}a\u{1d}\u{1e}", "a"), ("\u{a0}\u{3000}\u{2028}a\u{85}\r\n", "a"),
    ("\u{200b}a\u{feff}", "\u{200b}a\u{feff}"), ("\r\n \u{c}\u{b}", ""),
  ])
  func whiteSpaceIsTrimmedByScalars(text: String, left: String) throws {
    let answer = try #require(try answer(text))
    #expect(Array(answer.text.utf8) == Array(left.utf8))
  }
}
