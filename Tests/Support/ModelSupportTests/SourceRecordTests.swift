// Names and images of records as users write them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing

@testable import ModelSupport

struct SourceRecordTests {
  private func object(_ text: String) throws -> JSONObject {
    try #require(JSONValue(parsing: Array(text.utf8)).object)
  }

  @Test(arguments: [
    (#"{"id":"a","image":"b.jpg"}"#, "a"), (#"{"id":7,"image":"b.jpg"}"#, "7"),
    (#"{"image":"b.jpg"}"#, "b.jpg"), (#"{"images":["c.jpg","d.jpg"]}"#, "c.jpg"),
    (#"{"text":"x"}"#, "line-3"), (#"{"id":null}"#, "line-3"), (#"{"image":5}"#, "line-3"),
    (#"{"id":""}"#, "line-3"), (#"{"id":"","image":"a"}"#, "line-3"), (#"{"image":""}"#, "line-3"),
  ])
  func idIsTheRecordsElseItsImages(text: String, id: String) throws {
    #expect(SourceRecord(try object(text), number: 3).id == id)
  }

  @Test(arguments: [
    (#"{}"#, []), (#"{"image":null}"#, []), (#"{"image":"a"}"#, ["a"]),
    (#"{"image":["a","b"]}"#, ["a", "b"]), (#"{"images":["a"]}"#, ["a"]), (#"{"images":[]}"#, []),
  ])
  func imagesAreOnePathOrMany(text: String, paths: [String]) throws {
    #expect(try SourceRecord.imagePaths(of: object(text)) == paths)
  }

  @Test(arguments: [#"{"image":5}"#, #"{"image":["a",5]}"#, #"{"images":{"a":1}}"#])
  func otherImagesAreRefused(text: String) throws {
    let object = try object(text)
    let failure = #expect(throws: Failure.self) { try SourceRecord.imagePaths(of: object) }
    #expect(failure?.code == "record/image")
  }

  @Test func skipsAreRecognised() throws {
    let object = try object(#"{"skipped":{"code":"image/corrupt","message":"bad"}}"#)
    let skip = try #require(SourceRecord.skip(in: object))
    #expect(skip.code == "image/corrupt" && skip.message == "bad")
    #expect(try SourceRecord.skip(in: self.object(#"{"skipped":5}"#)) == nil)
  }

  @Test(arguments: [(1.0, "1.00"), (0.005, "0.01"), (12.345, "12.35"), (-0.5, "-0.50")])
  func decimalsHaveTwoDigits(value: Double, text: String) { #expect(decimal(value) == text) }
}
