// Requests and replies: what is read, what is refused, what a record becomes.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import JSON
import Testing

@Suite struct ChatTests {
  private func object(_ text: String) throws -> JSONObject {
    try #require(try JSONValue(parsing: Array(text.utf8)).object)
  }

  @Test func requestsGoThereAndBack() throws {
    let messages = [
      ChatMessage(.system, "Be brief."), ChatMessage(.user, "a\n\nb"), ChatMessage(.assistant, ""),
    ]
    let request = ChatRequest.make(["id": .string("7"), "extra": .bool(true)], messages)
    #expect(try ChatRequest.messages(of: request) == messages)
    #expect(request["extra"] == .bool(true))
  }

  @Test func partsOfTextAreJoined() throws {
    let request = try object(
      #"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}"#
    )
    #expect(try ChatRequest.messages(of: request) == [ChatMessage(.user, "ab")])
  }

  @Test(arguments: [
    "{}", #"{"messages":[]}"#, #"{"messages":"hello"}"#, #"{"messages":[7]}"#,
    #"{"messages":[{"role":"user"}]}"#, #"{"messages":[{"role":"tool","content":"a"}]}"#,
    #"{"messages":[{"role":"user","content":[]}]}"#,
    #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#,
  ])
  func refusesWhatIsNoRequest(_ text: String) throws {
    let request = try object(text)
    let failure = #expect(throws: Failure.self) { try ChatRequest.messages(of: request) }
    #expect(failure?.code == "chat/messages")
  }

  @Test func aReplyReplacesTheMessages() throws {
    let request = try object(
      #"{"id":"a","messages":[{"role":"user","content":"x"}],"image":"a.jpg"}"#)
    let reply = ChatReply(text: "y", finishReason: "length", usage: ["prompt_tokens": .int(3)])
    let record = reply.record(of: request)
    #expect(record.members.map(\.key) == ["id", "image", "text", "finish_reason", "usage"])
    #expect(try ChatReply(of: record) == reply)
    #expect(reply.isTruncated)
  }

  @Test func aRequestIsNoReply() throws {
    let request = try object(#"{"id":"a","messages":[{"role":"user","content":"x"}]}"#)
    let failure = #expect(throws: Failure.self) { try ChatReply(of: request) }
    #expect(failure?.code == "chat/reply")
    #expect(failure?.remedy?.contains("chat-complete") == true)
  }
}
