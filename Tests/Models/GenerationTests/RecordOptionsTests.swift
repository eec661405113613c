// What a record says of how to answer it: read, and refused where it is nothing of the kind.
// SPDX-License-Identifier: Apache-2.0
import Generation
import InputOutput
import JSON
import Testing

@Suite struct RecordOptionsTests {
  private func options(_ text: String) throws -> GenerationOptions {
    var base = GenerationOptions()
    base.maxTokens = 7
    base.stops = ["###"]
    return try base.with(try #require(JSONValue(parsing: Array(text.utf8)).object))
  }

  @Test func membersStandInForOptions() throws {
    let found = try options(
      #"{"temperature":0.5,"top_p":0.9,"max_tokens":3,"seed":-1,"stop":"."}"#)
    #expect(found.temperature == 0.5)
    #expect(found.topP == 0.9)
    #expect(found.maxTokens == 3)
    #expect(found.seed == .max)
    #expect(found.stops == ["###", "."])
    #expect(try options(#"{"max_completion_tokens":4,"stop":["a","b"]}"#).maxTokens == 4)
  }

  @Test func whatIsNotSaidStays() throws {
    var expected = GenerationOptions()
    expected.maxTokens = 7
    expected.stops = ["###"]
    #expect(try options(#"{"temperature":null,"stop":null,"other":1}"#) == expected)
  }

  @Test(arguments: [
    #"{"temperature":-1}"#, #"{"temperature":"0.2"}"#, #"{"temperature":1e400}"#,
    #"{"top_p":0}"#, #"{"top_p":1.5}"#, #"{"max_tokens":0}"#, #"{"max_tokens":1.5}"#,
    #"{"max_tokens":99999999999999999999}"#, #"{"seed":"x"}"#, #"{"stop":[""]}"#, #"{"stop":[1]}"#,
    #"{"stop":{}}"#,
  ])
  func refusesWhatIsNoValue(_ text: String) throws {
    let failure = #expect(throws: Failure.self) { try options(text) }
    #expect(failure?.code == "chat/parameter")
  }
}
