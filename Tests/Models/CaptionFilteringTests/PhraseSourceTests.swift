// What of a record is its caption, and why it has none.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing

@testable import CaptionFiltering

@Suite struct PhraseSourceTests {
  private func phrases(_ json: String, _ source: PhraseSource) throws -> [String] {
    let record = try #require(JSONValue(parsing: Array(json.utf8)).object)
    return try source.phrases(of: record).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    (#"{"caption":"a dog"}"#, PhraseSource.caption),
    (#"{"caption":"a dog","conversations":3}"#, .caption),
    (
      #"{"conversations":[{"from":"human","value":"a cat"},{"from":"gpt","value":"a dog"}]}"#,
      .caption
    ),
    (#"{"text":"a dog","caption":"a cat"}"#, .captionIn("text")),
    (#"{"np":["dog"],"caption":7}"#, .listIn("np")),
  ])
  func captionsAreFound(json: String, source: PhraseSource) throws {
    #expect(try phrases(json, source) == ["dog"])
  }

  @Test func listsAreTakenAsTheyAre() throws {
    #expect(
      try phrases(#"{"np":["The Dog","","a  b"]}"#, .listIn("np")) == ["The Dog", "", "a  b"])
    #expect(try phrases(#"{"np":[]}"#, .listIn("np")) == [])
  }

  @Test(arguments: [
    ("{}", PhraseSource.caption, "caption/missing"),
    (#"{"caption":null}"#, .caption, "caption/missing"),
    (#"{"caption":5}"#, .caption, "caption/type"),
    (#"{"caption":["a"]}"#, .caption, "caption/type"),
    (#"{"caption":" \u00a0\n"}"#, .caption, "caption/empty"),
    (#"{"conversations":"a"}"#, .caption, "caption/missing"),
    (#"{"conversations":[{"from":"human","value":"a"}]}"#, .caption, "caption/missing"),
    (#"{"conversations":[3,{"from":"gpt"}]}"#, .caption, "caption/missing"),
    (#"{"conversations":[{"from":"gpt","value":{}}]}"#, .caption, "caption/type"),
    (#"{"caption":"a"}"#, .captionIn("text"), "caption/missing"),
    (#"{"caption":"a"}"#, .listIn("caption"), "caption/phrases"),
    (#"{"np":["a",1]}"#, .listIn("np"), "caption/phrases"),
    (#"{"np":{}}"#, .listIn("np"), "caption/phrases"),
    ("{}", .listIn("np"), "caption/missing"),
  ])
  func whatIsMissingIsSaid(json: String, source: PhraseSource, code: String) {
    let failure = #expect(throws: Failure.self) { try phrases(json, source) }
    #expect(failure?.code == code && failure?.spoilsRecordOnly == true)
  }
}
