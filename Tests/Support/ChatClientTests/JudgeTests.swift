// What each answer of a server means: an error never becomes a text.
// SPDX-License-Identifier: Apache-2.0
import Chat
import HTTP
import InputOutput
import JSON
import Testing

@testable import ChatClient

private let key = "sk-very-secret-123"

private func judge(withKey: Bool = true) throws -> ReplyJudge {
  ReplyJudge(
    model: "teacher", address: try HTTPAddress("http://localhost/v1", ending: ReplyJudge.path),
    secret: withKey ? try Secret(key, from: "test") : nil, longestWait: 100, bodyLimit: 1 << 20)
}

private func verdict(
  _ status: Int, _ body: String, after: Double? = nil, hasReplied: Bool = false,
  location: String? = nil
) throws -> Verdict {
  var own = try judge()
  own.hasReplied = hasReplied
  own.hasHeard = hasReplied
  return own.verdict(
    on: HTTPOutcome(
      status: status, retryAfter: after, location: location, body: Array(body.utf8)))
}

extension Verdict {
  fileprivate var failure: Failure? {
    switch self {
    case .reply: nil
    case .skip(let failure), .end(let failure), .retry(let failure, _, _): failure
    }
  }

  /// `reply`, `skip http/400`, `retry busy http/429`, `end server/key`.
  fileprivate var name: String {
    switch self {
    case .reply: "reply"
    case .skip(let failure): "skip \(failure.code)"
    case .end(let failure): "end \(failure.code)"
    case .retry(let failure, let cause, _): "retry \(cause) \(failure.code)"
    }
  }
}

struct JudgeTests {
  @Test func aReplyIsRead() throws {
    let body = #"""
      {"choices":[{"message":{"role":"assistant","content":" A\n"},"finish_reason":"length"}],
      "usage":{"prompt_tokens":3,"completion_tokens":4,"x":{"y":1}}}
      """#
    guard case .reply(let reply) = try verdict(200, body) else { throw WrongVerdict() }
    #expect(reply.text == " A\n" && reply.finishReason == "length" && reply.isTruncated)
    #expect(reply.usage?.keys == ["prompt_tokens", "completion_tokens", "x"])
    let parts =
      #"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"text":"b"}]}}]}"#
    #expect(
      try verdict(200, parts) == .reply(ChatReply(text: "ab", finishReason: nil, usage: nil)))
  }

  private struct WrongVerdict: Error {}

  @Test(arguments: [
    (200, "", "retry trouble reply/not-json"),
    (200, "{\"choices\":[", "retry trouble reply/not-json"),
    (200, "<html><title>Sign in</title>", "end server/address"),
    (200, "[]", "skip reply/no-choices"), (200, "{}", "skip reply/no-choices"),
    (200, "\"text\"", "skip reply/no-choices"), (200, #"{"choices":[]}"#, "skip reply/no-choices"),
    (200, #"{"choices":{"message":{"content":"x"}}}"#, "skip reply/no-choices"),
    (200, #"{"choices":[{"message":{"content":null}}]}"#, "skip reply/no-content"),
    (200, #"{"choices":[{"message":{"content":7}}]}"#, "skip reply/no-content"),
    (200, #"{"choices":[{"message":{"content":""}}]}"#, "skip reply/empty"),
    (200, #"{"choices":[{"message":{"content":" \n"}}]}"#, "skip reply/empty"),
    (
      200, #"{"choices":[{"message":{"content":"x"},"finish_reason":"error"}]}"#,
      "retry trouble reply/error"
    ),
    (
      200, #"{"choices":[{"message":{"content":"x"},"finish_reason":5}]}"#,
      "skip reply/finish-reason"
    ),
    (201, #"{"choices":[{"message":{"content":"x"}}]}"#, "skip http/201"),
    (200, #"{"choices":[{"text":"x"}]}"#, "skip reply/no-content"),
    (
      200, #"{"choices":[{"message":{"content":"x"}}],"error":{"message":"m"}}"#,
      "skip reply/error"
    ),
    (200, #"{"error":{"code":429,"message":"m"}}"#, "retry busy http/429"),
    (200, #"{"error":{"code":401,"message":"m"}}"#, "end server/key"),
    (204, "", "skip http/204"), (301, "", "end server/redirect"), (400, "", "skip http/400"),
    (401, "", "end server/key"), (403, "", "end server/key"), (402, "", "end server/credit"),
    (404, #"{"error":{"message":"no such thing"}}"#, "end server/address"),
    (404, #"{"detail":"Not Found"}"#, "end server/address"),
    (404, "404 page not found", "end server/address"), (405, "", "end server/address"),
    (
      404, #"{"error":{"message":"The model `teacher` does not exist.","code":404}}"#,
      "end server/model"
    ),
    (404, #"{"error":{"message":"x","code":"model_not_found"}}"#, "end server/model"),
    (400, #"{"error":{"message":"invalid model ID"}}"#, "end server/model"),
    (400, #"{"error":{"message":"this model's context is 4096"}}"#, "skip http/400"),
    (413, "", "skip http/413"), (422, #"{"detail":[{"msg":"m"}]}"#, "skip http/422"),
    (429, "", "retry busy http/429"), (503, "", "retry busy http/503"),
    (502, "", "retry busy http/502"), (529, "", "retry busy http/529"),
    (429, #"{"error":{"code":"insufficient_quota"}}"#, "end server/credit"),
    (500, "", "retry trouble http/500"), (504, "", "retry trouble http/504"),
    (408, "", "retry trouble http/408"), (501, "", "skip http/501"), (418, "", "skip http/418"),
  ])
  func everyAnswerHasItsVerdict(status: Int, body: String, name: String) throws {
    #expect(try verdict(status, body).name == name)
  }

  @Test func aPageAfterRepliesMayPass() throws {
    #expect(try verdict(200, "<html>", hasReplied: true).name == "retry trouble reply/not-json")
  }

  @Test(arguments: [
    (HTTPFault.unreachable, "end server/unreachable", "retry busy server/unreachable"),
    (.untrusted, "end server/untrusted", "end server/untrusted"),
    (.cut, "retry trouble reply/cut", "retry trouble reply/cut"),
    (.silent, "retry trouble reply/timeout", "retry trouble reply/timeout"),
    (.tooLarge, "skip reply/too-large", "skip reply/too-large"),
    (.otherProtocol, "end server/protocol", "retry trouble reply/protocol"),
    (.other, "end server/connection", "retry busy server/connection"),
  ])
  func everyFaultHasItsVerdict(fault: HTTPFault, first: String, later: String) throws {
    var own = try judge()
    #expect(own.verdict(on: HTTPOutcome(fault: fault, explanation: "e \(key)")).name == first)
    _ = own.verdict(on: HTTPOutcome(status: 500))
    let verdict = own.verdict(on: HTTPOutcome(fault: fault, explanation: "e \(key)"))
    #expect(verdict.name == later && verdict.failure?.message.contains(key) == false)
  }

  private func endless() throws -> Verdict { try verdict(429, "", after: 9.3e18) }

  @Test func aLongWaitEndsTheRun() throws {
    #expect(try verdict(429, "", after: 100).name == "retry busy http/429")
    let verdict = try verdict(429, "", after: 101)
    #expect(verdict.name == "end server/wait")
    #expect(verdict.failure?.message.contains("101 seconds") == true)
    // The largest number that a header can tell.
    #expect(try endless().name == "end server/wait")
  }

  @Test(arguments: [
    (#"{"error":{"message":"a\n  b\u001b[31m"}}"#, "a b [31m"), (#"{"error":"plain"}"#, "plain"),
    (#"{"message":"m"}"#, "m"), (#"{"detail":"d"}"#, "d"), (#"{"detail":[{"msg":"f"}]}"#, "f"),
    ("just text", "just text"), ("<html><Title>Nginx</title>", "a web page, 'Nginx'"),
    ("<p>", "a web page"), (#"{"other":1}"#, #"{"other":1}"#),
  ])
  func theServersOwnWordsAreShown(body: String, words: String) throws {
    let message = try #require(verdict(418, body).failure?.message)
    #expect(message == "the server refuses the request (HTTP 418): \(words)")
  }

  @Test func longWordsAreCut() throws {
    let message = try #require(
      verdict(418, String(repeating: "é", count: 100_000)).failure?.message)
    #expect(message.utf8.count < 400 && message.hasSuffix("…"))
  }

  /// Servers repeat what they are told: in a text, a name, a place, half a document.
  @Test(arguments: [
    (401, #"{"error":{"message":"Incorrect key: \#(key)"}}"#), (400, "{\"x\":\"\(key)"),
    (500, #"{"error":{"message":"\u0073k-very-secret-123"}}"#), (404, "<title>\(key)</title>"),
    (200, #"{"choices":[{"message":{"content":null,"refusal":"\#(key)"}}]}"#),
  ])
  func theKeyIsNeverRepeated(status: Int, body: String) throws {
    let failure = try #require(verdict(status, body, location: "http://h/\(key)").failure)
    #expect(!"\(failure)".contains(key) && "\(failure)".contains("[key]"))
  }

  @Test func theKeyIsInNoReply() throws {
    let body = #"""
      {"choices":[{"message":{"content":"\#(key), \#(key)"},"finish_reason":"\#(key)"}],
      "usage":{"\#(key)":["\#(key)"]}}
      """#
    guard case .reply(let reply) = try verdict(200, body) else { throw WrongVerdict() }
    #expect(reply.text == "[key], [key]" && reply.finishReason == "[key]")
    #expect(!"\(reply)".contains(key))
    let location = try #require(verdict(302, "", location: "http://h/\(key)").failure)
    #expect(location.message.contains("http://h/[key]"))
  }

  @Test func withoutAKeyTheRemedyIsOne() throws {
    var own = try judge(withKey: false)
    let failure = own.verdict(on: HTTPOutcome(status: 401)).failure
    #expect(failure?.message.contains("wants a key") == true)
    #expect(failure?.remedy?.contains("OPENAI_API_KEY") == true)
  }
}
