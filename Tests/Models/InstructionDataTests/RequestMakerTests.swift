// Requests and finished records: which captions they take, and what they carry.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import InstructionData
import JSON
import Records
import TestSupport
import Testing

@Suite struct RequestMakerTests {
  private let object: JSONObject = [
    "question_id": .int(5), "image": .string("a.jpg"), "mine": .bool(true),
    "captions": .array([.string("One"), .string("Two"), .string("Three")]),
  ]

  private func made(_ maker: RequestMaker, _ object: JSONObject) throws -> [JSONObject] {
    let context = try ImageContext(of: object, form: .fractions, keepsOutside: false)
    return try maker.lines(Record(object, number: 1), context).map {
      try #require(try JSONValue(parsing: $0).object)
    }
  }

  private func prompts() throws -> PromptSet {
    let directory = try TemporaryDirectory()
    try directory.write("S", to: "system_message.txt")
    return try PromptSet(directory: directory.path)
  }

  private func list() throws -> PhraseList {
    let directory = try TemporaryDirectory()
    return try PhraseList(path: directory.write("Q1\nQ2\n", to: "list"))
  }

  @Test func requestsCarryTheRecord() throws {
    let maker = RequestMaker(
      kind: .detail, making: .requests(try prompts()), pick: .random, seed: 0)
    let request = try made(maker, object)[0]
    #expect(request.keys == ["question_id", "image", "mine", "captions", "id", "messages"])
    #expect(request["id"] == .string("5"))
    #expect(
      try ChatRequest.messages(of: request)
        == [ChatMessage(.system, "S"), ChatMessage(.user, "One\nTwo\nThree")])
  }

  @Test func briefRecordsAreFinished() throws {
    let maker = RequestMaker(kind: .brief, making: .records(try list()), pick: .each, seed: 0)
    #expect(maker.makesRecords)
    let records = try made(maker, object)
    #expect(records.map { $0["id"]?.string } == ["5-1", "5-2", "5-3"])
    for (record, caption) in zip(records, ["One", "Two", "Three"]) {
      #expect(record.keys == ["id", "image", "conversations", "type"])
      let values = record["conversations"]?.array?.compactMap { $0.object?["value"]?.string } ?? []
      #expect(values.count == 2 && values[1] == caption)
      #expect(
        ["Q1", "Q2"].contains { values[0] == "<image>\n\($0)" || values[0] == "\($0)\n<image>" })
    }
  }

  @Test func aTeacherIsAskedOfOneCaption() throws {
    let maker = RequestMaker(
      kind: .brief, making: .requests(try prompts()), pick: .first, seed: 0)
    let request = try made(maker, object)
    #expect(request.count == 1 && request[0]["caption"] == .string("One"))
    #expect(request[0]["id"] == .string("5"))
    #expect(try ChatRequest.messages(of: request[0]).last == ChatMessage(.user, "One"))
  }

  @Test func chancePicksEveryCaption() throws {
    var found: Set<String> = []
    for seed in 0..<40 {
      let maker = RequestMaker(
        kind: .brief, making: .records(try list()), pick: .random, seed: UInt64(seed))
      let record = try made(maker, object)[0]
      #expect(record["id"] == .string("5"))
      found.insert(record["conversations"]?.array?.last?.object?["value"]?.string ?? "")
    }
    #expect(found == ["One", "Two", "Three"])
  }

  @Test func whatTrainingCouldNotReadIsRefused() throws {
    let maker = RequestMaker(kind: .brief, making: .records(try list()), pick: .first, seed: 0)
    var bad = object
    bad["captions"] = .array([.string("an <image> of")])
    #expect(throws: Failure.self) { try made(maker, bad) }
    bad = object
    bad["image"] = nil
    let failure = #expect(throws: Failure.self) { try made(maker, bad) }
    #expect(failure?.code == "record/image")
  }
}
