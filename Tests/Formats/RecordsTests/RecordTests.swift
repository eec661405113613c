// Names, images and skips of records as users write them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing

@testable import Records

private func object(_ text: String) throws -> JSONObject {
  try #require(JSONValue(parsing: Array(text.utf8)).object)
}

struct RecordTests {
  @Test(arguments: [
    (#"{"id":"a","image":"b.jpg"}"#, "a"), (#"{"id":7,"image":"b.jpg"}"#, "7"),
    (#"{"question_id":3,"image":"b.jpg"}"#, "3"), (#"{"id":null,"question_id":"q"}"#, "q"),
    (#"{"id":true,"question_id":"q"}"#, "q"), (#"{"id":"a","question_id":"q"}"#, "a"),
    (#"{"image":"b.jpg"}"#, "b.jpg"), (#"{"images":["c.jpg","d.jpg"]}"#, "c.jpg"),
    (#"{"image":["c.jpg","d.jpg"]}"#, "c.jpg"), (#"{"text":"x"}"#, "line-3"), ("{}", "line-3"),
    (#"{"id":null}"#, "line-3"), (#"{"image":5}"#, "line-3"), (#"{"image":""}"#, "line-3"),
    (#"{"id":""}"#, "line-3"), (#"{"id":"","image":"a"}"#, "line-3"),
  ])
  func idIsTheRecordsElseItsImages(text: String, id: String) throws {
    let record = Record(try object(text), number: 3)
    #expect(record.id == id)
    #expect(record.identified["id"]?.string == id)
  }

  /// A stream escapes and cuts ids; the user's own stays what it was.
  @Test func anIdThatIsThereIsKept() throws {
    let record = Record(try object("{\"id\":\"a\\nb\",\"n\":1}"), id: "a\\nb")
    #expect(record.identified == record.object)
  }

  @Test(arguments: [
    ("{}", []), (#"{"image":null}"#, []), (#"{"image":"a"}"#, ["a"]), (#"{"images":"a"}"#, ["a"]),
    (#"{"image":["a","b"]}"#, ["a", "b"]), (#"{"images":["a"]}"#, ["a"]), (#"{"images":[]}"#, []),
    (#"{"image":null,"images":["a"]}"#, ["a"]),
  ])
  func imagesAreOnePathOrMany(text: String, paths: [String]) throws {
    #expect(try Record.imagePaths(of: object(text)) == paths)
  }

  @Test(arguments: [
    #"{"image":5}"#, #"{"image":["a",5]}"#, #"{"images":{"a":1}}"#, #"{"image":""}"#,
    #"{"images":["a",""]}"#, #"{"image":"a","images":["a"]}"#,
  ])
  func otherImagesAreRefused(text: String) throws {
    let object = try object(text)
    let failure = #expect(throws: Failure.self) { try Record.imagePaths(of: object) }
    #expect(failure?.code == "record/image")
  }

  @Test func skipsAreObjectsWithACode() throws {
    let object = try object(#"{"skipped":{"code":"image/corrupt","message":"bad"}}"#)
    let mark = SkipMark(code: "image/corrupt", message: "bad")
    #expect(SkipMark(of: object) == mark && object["skipped"] == mark.json)
  }

  @Test(arguments: ["5", "false", "null", "[]", "{}", #"{"code":5}"#, #"{"message":"m"}"#])
  func otherMembersCalledSkippedAreTheUsers(value: String) throws {
    #expect(try SkipMark(of: object("{\"skipped\":\(value)}")) == nil)
  }

  @Test(arguments: [
    (#"{"image_path":"scene2.jpg","question":"What shape is red?"}"#, "image_path"),
    (#"{"text":"Q","files":["a.PNG","b.jpeg"]}"#, "files"),
    (#"{"image":null,"file":"x/y.webp"}"#, "file"), (#"{"url":"http://h/a.jpg"}"#, "url"),
  ])
  func membersThatLookLikeImagesAreFound(text: String, member: String) throws {
    #expect(Record(try object(text), number: 1).unnamedImage == member)
  }

  @Test(arguments: [
    #"{"image":"a.jpg","other":"b.jpg"}"#, #"{"question":"What is in a.jpg"}"#, #"{"id":"a.jpg"}"#,
    #"{"file":".jpg"}"#, #"{"file":"a.txt"}"#, #"{"files":[]}"#, #"{"files":["a.jpg",1]}"#,
    #"{"note":"see\na.jpg"}"#,
  ])
  func otherMembersAreNot(text: String) throws {
    #expect(Record(try object(text), number: 1).unnamedImage == nil)
  }
}

struct RecordPlaceTests {
  private func place(_ own: String?, id: String?, _ place: String? = "list: line 2") throws
    -> String?
  {
    let object = try object(id.map { #"{"id":"\#($0)"}"# } ?? "{}")
    let record = Record(object, number: 2, place: place)
    return Failure(.invalidInput, code: "a/b", at: own, "m").at(record).place
  }

  @Test func failuresStandAtTheirRecord() throws {
    #expect(try place(nil, id: "x") == "list: line 2 id=x")
    #expect(try place(nil, id: nil) == "list: line 2")
    #expect(try place(nil, id: "x", nil) == "id=x")
    #expect(try place(nil, id: nil, nil) == "id=line-2")
    #expect(try place("a.jpg", id: "x") == "list: line 2 id=x: a.jpg")
    #expect(try place("a.jpg", id: "a.jpg") == "list: line 2: a.jpg")
    #expect(try place("list: line 2: column 3", id: nil) == "list: line 2: column 3")
    #expect(try place("list: line 2", id: nil) == "list: line 2")
    // Another line that begins alike.
    #expect(try place("list: line 23", id: "x") == "list: line 2 id=x: list: line 23")
  }

  @Test func onlyRecordsFaultsSpoilRecords() {
    #expect(Failure(.invalidInput, code: "a/b", "m").spoilsRecordOnly)
    #expect(Failure(.invalidInput, code: "a/b", "m", kind: .unreadableFile).spoilsRecordOnly)
    #expect(!Failure(.inputOutput, code: "io/open", "m").spoilsRecordOnly)
    #expect(!Failure(.limitExceeded, code: "a/b", "m", kind: .shortage).spoilsRecordOnly)
  }
}
