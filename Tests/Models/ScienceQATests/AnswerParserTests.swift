// Replays what the reference's evaluation made of answers.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import ScienceQA
import Testing

@Suite struct AnswerParserTests {
  @Test func vectorsOfTheReference() throws {
    let replayed = try replay(golden("scienceqa.json"))
    #expect(replayed >= 17)
  }

  private static let more = ProcessInfo.processInfo.environment["LLAVA_VECTORS"]

  @Test(.enabled(if: more != nil, "LLAVA_VECTORS names no file of vectors"))
  func vectorsOfTheUser() throws {
    let path = try #require(Self.more)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try replay(JSONValue(parsing: bytes)) > 0, "\(path) has no scienceqa.extract")
  }

  /// How many vectors there were.
  private func replay(_ vectors: JSONValue) throws -> Int {
    var count = 0
    for vector in try #require(vectors.array) {
      let vector = try #require(vector.object)
      guard vector["metric"]?.string == "scienceqa.extract" else { continue }
      let text = try #require(vector["input"]?.object?["text"]?.string)
      let choices = try #require(vector["input"]?.object?["choices"]?.int)
      let expected = try #require(vector["expected"]?.object)
      let parsed = ParsedAnswer(text)
      #expect(parsed.text == expected["parsed"]?.string, "\(text)")
      #expect(parsed.index(choices: choices) ?? -1 == expected["index"]?.int, "\(text)")
      let before = ParsedAnswer(text, rule: .sentenceOnly)
      #expect(before.text == expected["parsed_before_2023_10_11"]?.string, "\(text)")
      count += 1
    }
    return count
  }

  /// What Python's `re.findall(r"The answer is ([A-Z]).", text)` finds.
  @Test(arguments: [
    ("The answer is B", nil), ("The answer is B\u{e9}", "B"),
    ("The answer is BThe answer is C.", "B"),
    ("\u{e9}The answer is Z.\n", "Z"), ("The answer is A!\nThe answer is B.", nil),
    ("The answer is A\r\n", "A"), ("The answer is ", nil), ("The answer is B\u{301}", "B"),
    ("The  answer is B.", nil), ("C.\n", nil), ("F. no", nil), ("E. yes", "E"), ("BB", nil),
  ])
  func oddTexts(text: String, letter: String?) {
    #expect(ParsedAnswer(text) == letter.map { .letter($0) } ?? .failed)
  }
}
