// vicuna-decode --chat: the requests of the other tools, answered offline.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ChatDecodeTests {
  private func answer(_ lines: [String], _ options: String = "") throws -> ShellResult {
    let directory = try Workbench.bare()
    try directory.write(lines.joined(separator: "\n"), to: "requests")
    return try Workbench.run(
      "vicuna-decode --chat --max-tokens 6 \(options) requests", in: directory)
  }

  /// The same dialogue by the two ways gives the same answer.
  @Test func answersAsThePipeDoes() throws {
    let directory = try Workbench.bare()
    try directory.write(
      #"{"id":"a","conversations":[{"from":"human","value":"Q1"},{"from":"gpt","value":"A1"},{"from":"human","value":"Q2"}]}"#,
      to: "dialogue")
    let piped = try Workbench.run(
      "convo-format -q --system S dialogue | vicuna-decode -q --max-tokens 6", in: directory)
    let chat = try answer([
      #"{"id":"a","messages":[{"role":"system","content":"S"},{"role":"user","content":"Q1"},{"role":"assistant","content":"A1"},{"role":"user","content":"Q2"}],"image":"carried.jpg"}"#
    ])
    let reply = try #require(try chat.objects().first)
    let expected = try #require(try piped.objects().first)
    #expect(chat.status == 0)
    #expect(reply["text"] == expected["text"])
    #expect(reply["finish_reason"] == expected["finish_reason"])
    #expect(reply["usage"]?.object?["prompt_tokens"] == expected["prompt_tokens"])
    #expect(reply.members.map(\.key) == ["id", "image", "text", "finish_reason", "usage"])
  }

  /// What a record asks for holds for it alone, in any batch.
  @Test func recordsSayHowToAnswer() throws {
    let ask = #""messages":[{"role":"user","content":"What shape is red?"}]"#
    let lines = [
      #"{"id":"a",\#(ask),"max_tokens":2}"#, #"{"id":"b",\#(ask)}"#,
      #"{"id":"c",\#(ask),"temperature":5,"seed":3}"#,
      #"{"id":"c",\#(ask),"temperature":5,"seed":4}"#,
    ]
    let together = try answer(lines)
    #expect(try answer(lines, "--batch 1 -j 1").output == together.output)
    let counts = try together.objects().map { $0["usage"]?.object?["completion_tokens"]?.int }
    #expect(counts[0] == 2)
    #expect(try #require(counts[1]) > 2)
    let drawn = try together.objects()[2...].map { $0["text"] }
    #expect(drawn.first != drawn.last)
  }

  @Test func aBadRequestIsSkippedWithItsMessages() throws {
    let result = try answer([
      #"{"id":"a","messages":[]}"#,
      #"{"id":"b","messages":[{"role":"user","content":"Q"}],"seed":"x"}"#,
      #"{"id":"c","skipped":{"code":"http/400","message":"no"}}"#, "{",
      #"{"id":"e","messages":[{"role":"user","content":"Q"}]}"#,
    ])
    #expect(result.status == 1)
    let codes = try result.objects().map { $0["skipped"]?.object?["code"]?.string }
    #expect(codes == ["chat/messages", "chat/parameter", "http/400", "json/syntax", nil])
    #expect(try result.objects()[1]["messages"] != nil, "it can be sent again")
  }

  @Test func otherInputsSayWhatToDo() throws {
    let directory = try Workbench.make()
    let stream = try Workbench.run("vicuna-decode --chat projected.tsz", in: directory)
    #expect(stream.status == 6)
    #expect(stream.errors.contains("expected chat requests, found a stream of 'projected'"))
    let plain = try Workbench.run(
      #"echo '{"messages":[{"role":"user","content":"Q"}]}' | vicuna-decode"#, in: directory)
    #expect(plain.errors.contains("answer chat requests with --chat"))
    let template = try Workbench.run("vicuna-decode --template v1 list", in: directory)
    #expect(template.status == 2)
    #expect(template.errors.contains("--template needs --chat"))
  }
}
