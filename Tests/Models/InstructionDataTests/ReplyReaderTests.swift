// Records of replies: their form, their draws, and the reasons by which replies are rejected.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import InstructionData
import JSON
import Records
import TestSupport
import Testing

@Suite struct ReplyReaderTests {
  private static let pair = "Question:\nQ1\n===\nAnswer:\nA1"

  private func record(_ members: JSONObject) -> Record { Record(members, number: 1) }

  private func reply(_ text: String, id: String = "7", reason: String = "stop") -> Record {
    record([
      "id": .string(id), "image": .string("7.jpg"), "n": .int(3), "text": .string(text),
      "finish_reason": .string(reason),
    ])
  }

  private func code(_ reader: ReplyReader, _ record: Record) throws -> String? {
    var reader = reader
    guard case .failure(let rejection) = try reader.read(record) else { return nil }
    return rejection.failure.code
  }

  private func list(_ text: String) throws -> PhraseList {
    let directory = try TemporaryDirectory()
    return try PhraseList(path: directory.write(text, to: "list"))
  }

  @Test func conversationsAreLLaVAsRecords() throws {
    var reader = ReplyReader(kind: .conversation)
    let text = Self.pair + "\n===\nQuestion:\nQ2\n===\nAnswer:\nA2"
    var firsts: Set<String> = []
    for seed in 0..<20 {
      reader = ReplyReader(kind: .conversation)
      reader.seed = UInt64(seed)
      let made = try reader.read(reply(text)).get()
      #expect(made.keys == ["id", "image", "conversations", "type"])
      #expect(made["type"] == .string("conversation") && made["image"] == .string("7.jpg"))
      let turns = try #require(made["conversations"]?.array).compactMap(\.object)
      #expect(turns.map { $0["from"]?.string } == ["human", "gpt", "human", "gpt"])
      let values = turns.compactMap { $0["value"]?.string }
      firsts.insert(values[0])
      #expect(Array(values[1...]) == ["A1", "Q2", "A2"])
    }
    #expect(firsts == ["<image>\nQ1", "Q1\n<image>"])
  }

  @Test func drawsBelongToSeedAndId() throws {
    var fronts = 0
    for id in 0..<1000 {
      let draw = RecordDraw(seed: 5, id: "\(id)")
      #expect(draw.putsImageFirst == RecordDraw(seed: 5, id: "\(id)").putsImageFirst)
      if draw.putsImageFirst { fronts += 1 }
    }
    // Five standard deviations.
    #expect((420...580).contains(fronts))
    #expect(
      (0..<64).contains { seed in
        RecordDraw(seed: seed, id: "a").putsImageFirst
          != RecordDraw(seed: seed, id: "b").putsImageFirst
      })
  }

  @Test func detailsAreAskedByTheList() throws {
    var reader = ReplyReader(kind: .detail)
    reader.instructions = try list("One?\nTwo?\nThree?\n")
    var asked: [String: Int] = [:]
    for id in 0..<300 {
      let made = try reader.read(reply("A man.", id: "\(id)")).get()
      let values = made["conversations"]?.array?.compactMap { $0.object?["value"]?.string } ?? []
      #expect(values.count == 2 && values[1] == "A man.")
      asked[values[0].replacing("<image>", with: "").replacing("\n", with: ""), default: 0] += 1
    }
    #expect(asked.count == 3 && asked.values.allSatisfy { $0 > 60 })
  }

  @Test func briefAnswersAreTheCaption() throws {
    var reader = ReplyReader(kind: .brief)
    var members = reply("Question:\nWhat?").object
    let failure = #expect(throws: Failure.self) { try reader.read(record(members)) }
    #expect(failure?.code == "context/captions")
    members["caption"] = .string("A cat.")
    let made = try reader.read(record(members)).get()
    let values = made["conversations"]?.array?.compactMap { $0.object?["value"]?.string } ?? []
    #expect(values.count == 2 && values[0].contains("What?") && values[1] == "A cat.")
  }

  @Test func restsMayBeKept() throws {
    var reader = ReplyReader(kind: .complex)
    reader.keepsMembers = true
    let made = try reader.read(reply(Self.pair)).get()
    #expect(made.keys == ["id", "image", "conversations", "type", "n"])
  }

  @Test func duplicatesAreRejectedOrCounted() throws {
    var reader = ReplyReader(kind: .complex)
    // What was rejected does not take the place of what follows.
    #expect(throws: Rejection.self) { try reader.read(reply("none")).get() }
    _ = try reader.read(reply(Self.pair)).get()
    #expect(try code(reader, reply(Self.pair)) == "reply/duplicate-id")
    #expect(try code(reader, reply(Self.pair, id: "é")) == nil)
    reader.keepsDuplicates = true
    _ = try reader.read(reply(Self.pair)).get()
    #expect(reader.duplicateCount == 1)
  }

  @Test func cutRepliesAreRejectedOrShortened() throws {
    var reader = ReplyReader(kind: .conversation)
    let cut = reply(Self.pair + "\n===\nQuestion:\nQ", reason: "length")
    #expect(try code(reader, cut) == "reply/truncated")
    reader.truncated = .keep
    let made = try reader.read(cut).get()
    #expect(made["conversations"]?.array?.count == 2 && reader.cutCount == 1)
    #expect(try code(reader, reply(Self.pair, id: "8", reason: "length")) == "reply/truncated")
    for kind in [InstructionKind.detail, .complex] {
      var other = ReplyReader(kind: kind)
      other.truncated = .keep
      #expect(try code(other, reply("A man and", reason: "length")) == "reply/truncated")
    }
  }

  @Test(arguments: [
    ("Question:\nQ\n===\nAnswer:\nAccording to THE Caption, x", "reply/leak"),
    ("Question:\nIs it in the captions?\n===\nAnswer:\nA", "reply/leak"),
    ("Question:\nQ\n===\nAnswer:\nx <image> y", "reply/image-token"),
    ("Question:\n<image>\nQ\n===\nAnswer:\ny", "reply/image-token"),
    ("Question:\nQ\n===\nAnswer:\n<imag <image", nil),
    ("Hello", "reply/header"), ("Question:\n===\nAnswer:\nA", "reply/empty"),
    ("Question:\nQ", "reply/no-answer"), (pair + "\n===\n" + pair, "reply/count"),
  ])
  func reasonsHaveCodes(text: String, expected: String?) throws {
    var reader = ReplyReader(kind: .complex)
    reader.leaks = LeakFilter(try list("# none\n\naccording to the caption\nin the Caption"))
    #expect(try code(reader, reply(text)) == expected)
    #expect(try code(reader, reply(text, reason: "content_filter")) == "reply/filtered")
    #expect(try code(reader, reply(text, reason: "error")) == "reply/error")
  }

  @Test func leaksAreFoundByBytes() throws {
    let leaks = LeakFilter(try list("the caption\r\nÄrger \n"))
    #expect(leaks.leak(in: "x THE CAPTIONS") == "the caption")
    #expect(leaks.leak(in: "the captio") == nil && leaks.leak(in: "") == nil)
    #expect(leaks.leak(in: "ärger") == nil && leaks.leak(in: "ÄRGER") == "Ärger")
    #expect(leaks.leak(in: "a\u{0}the caption") == "the caption")
    #expect(throws: Failure.self) { try list("# only\n\n") }
  }

  @Test(arguments: [
    #"{"id":"7","image":"7.jpg"}"#, #"{"id":"7","text":"Question:"}"#,
    #"{"id":"7","image":["a","b"],"text":"x"}"#, #"{"id":"7","image":7,"text":"x"}"#,
    #"{"id":"7","image":"7.jpg","text":"x","finish_reason":1}"#,
  ])
  func whatIsNoReplyIsAFailure(text: String) throws {
    var reader = ReplyReader(kind: .complex)
    let object = try #require(try JSONValue(parsing: Array(text.utf8)).object)
    #expect(throws: Failure.self) { try reader.read(record(object)) }
  }
}
