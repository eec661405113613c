// How an answer ends, and what of its text is kept.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
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
  private func answer(
    _ text: String, stops: [String] = [], ends: Bool = false, show: (String) -> Void = { _ in }
  ) throws -> Answer? {
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
      if let answer = try open.advance(logits, ends: [2], show: show) { return answer }
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

  /// What is shown is never taken back: joined it is the text, of whole characters, with no white space
  /// that another could still follow to the end, and without the beginning of a stop text.
  @Test(arguments: [
    ("  a  b \n\n c \n ", [], "a  b \n\n c"), ("\n \n", [], ""),
    ("a \u{301}\u{2028}", [], "a \u{301}"),
    ("one\n\n###two", ["###"], "one"), ("one ##two", ["###"], "one ##two"),
    ("é🙂 \u{1f468}\u{200d}\u{1f469} ", [], "é🙂 \u{1f468}\u{200d}\u{1f469}"),
    ("a purple square", ["squareX", "quare"], "a purple s"), ("stop", ["stop"], ""),
  ])
  func theShownPartsAreTheText(text: String, stops: [String], left: String) throws {
    for ends in [true, false] {
      var parts: [String] = []
      let answer = try #require(try answer(text, stops: stops, ends: ends) { parts.append($0) })
      #expect(Array(answer.text.utf8) == Array(left.utf8))
      #expect(parts.flatMap(\.utf8) == Array(left.utf8))
      #expect(!parts.contains(""))
      var shown = ""
      for part in parts {
        shown += part
        #expect(strippingWhitespace(shown) == shown && !shown.unicodeScalars.contains("\u{fffd}"))
      }
    }
  }

  /// A part that could not be shown ends the answer with what was wrong.
  @Test func whatCannotBeShownIsThrown() throws {
    let tokenizer = try Tokenizer.load(path: "\(packageRoot)/Tests/Golden/text/llama.model")
    let open = OpenAnswer(
      ordinal: 0, id: "a", prompt: PreparedPrompt(pieces: [.tokens([1])]), store: UnreadStore(),
      options: GenerationOptions(), maxTokens: 9, tokenizer: tokenizer)
    var logits = [Float](repeating: 0, count: tokenizer.vocabularySize)
    logits[Int(try #require(tokenizer.encode("cat").first))] = 1
    let failure = #expect(throws: Failure.self) {
      _ = try open.advance(logits, ends: []) { (_) throws(Failure) in
        throw Failure(.inputOutput, code: "io/write", "no space")
      }
    }
    #expect(failure?.code == "io/write")
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
