// chat-complete with servers that misbehave: no fault becomes an answer, and none hangs.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import LoopbackServer
import TestSupport
import Testing

@Suite struct ChatFaultTests {
  /// Answers all but `q1`, for which it does `steps`.
  private func chat(_ steps: [LoopbackStep]) throws -> ChatServer {
    try ChatServer { request in
      request.lastMessage == "q1" ? steps : [.send(chatAnswer("re " + request.lastMessage))]
    }
  }

  private static let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

  private static func body(_ text: String) -> [LoopbackStep] { [.send(httpAnswer(200, text))] }

  /// The request alone is spoilt; each reason is said in one line.
  @Test(
    arguments: [
      ([.send(chatError(400, "too long\nby 7"))], "http/400", "too long by 7"),
      ([.send(chatError(413, "m"))], "http/413", "m"),
      ([.send(chatError(422, "m"))], "http/422", "m"),
      ([.send(chatError(422, "no such file"))], "http/422", "no such file"),
      ([.send(chatError(500, "broken"))], "http/500", "the server failed (HTTP 500): broken"),
      (
        body("{\"choices\":[{\"message\":{\"content\":\"x"), "reply/not-json",
        "expected a reply in JSON"
      ),
      (body("{\"error\":{\"message\":\"overloaded\"}}"), "reply/error", "overloaded"),
      (body("{\"choices\":[]}"), "reply/no-choices", "`choices`"),
      (
        body(
          "{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"content_filter\"}]}"),
        "reply/no-content", "finish_reason content_filter"
      ),
      (body(String(repeating: " ", count: 70_000)), "reply/too-large", "raise --max-line"),
      (
        [.send(httpAnswer(200, "<html><title>Gate</title>", type: "text/html"))],
        "reply/not-json", "a web page, 'Gate'"
      ),
      ([.reset], "reply/cut", "the connection was lost"),
      ([.close], "reply/cut", "the connection was lost"),
      (
        [.send(Array((head + "Content-Length: 99\r\n\r\n{").utf8)), .close], "reply/cut", "was lost"
      ),
      (
        [.send(Array((head + "Connection: close\r\n\r\n{\"choi").utf8)), .close],
        "reply/not-json", "JSON"
      ),
      ([.hang], "reply/timeout", "silent for too long"),
      (
        [.send(Array((head + "Content-Length: 9\r\n\r\n").utf8)), .hang],
        "reply/timeout", "silent for too long"
      ),
      ([.send(Array("220 mail\r\n".utf8)), .close], "reply/protocol", "does not speak HTTP"),
    ] as [([LoopbackStep], String, String)])
  func aFaultSpoilsItsRecordAlone(steps: [LoopbackStep], code: String, says: String) throws {
    let chat = try chat(steps)
    let result = try chat.complete(
      "--jobs 1 --retries 0 --silence 1 --max-line 64K", ChatServer.requests(3))
    #expect(result.status == 1, "\(result.errors)")
    #expect(try result.texts() == ["re q0", nil, "re q2"])
    #expect(try result.codes() == [nil, code, nil], "\(result.text)")
    let line = try #require(result.errors.split(separator: "\n").first)
    #expect(line.contains("stdin: line 2 id=i1: ") && line.contains(says), "\(line)")
    #expect(result.errors.split(separator: "\n").count == 2)
  }

  @Test func aSlowDripEnds() throws {
    let drip = (0..<200).flatMap { _ in [LoopbackStep.send([0x20]), .pause(0.05)] }
    let chat = try chat(
      [.send(Array((Self.head + "Content-Length: 900\r\n\r\n").utf8))] + drip)
    let result = try chat.complete("--retries 0 --timeout 1", ChatServer.requests(3))
    #expect(try result.codes() == [nil, "reply/timeout", nil], "\(result.errors)")
  }

  /// What no request survives ends the run at once, with one line and status 4.
  @Test(
    arguments: [
      (
        [.send(chatError(401, "Incorrect API key: \(ChatServer.key)"))],
        "the server refuses the key (HTTP 401): Incorrect API key: [key]"
      ),
      ([.send(chatError(403, "m"))], "the server refuses the key (HTTP 403): m"),
      (
        [.send(chatError(404, "The model `teacher` does not exist", code: "model_not_found"))],
        "the server has no model 'teacher'"
      ),
      (
        [.send(chatError(429, "You exceeded your quota", code: "insufficient_quota"))],
        "the account has no credit left (HTTP 429): You exceeded your quota"
      ),
      (
        [
          .send(
            httpAnswer(302, "", headers: ["Location": "http://other.example/\(ChatServer.key)"]))
        ],
        "elsewhere to http://other.example/[key] (HTTP 302)"
      ),
      (
        [.send(httpAnswer(404, "{\"detail\":\"Not Found\"}"))],
        "expected a chat server here, found HTTP 404: Not Found"
      ),
      (
        [.send(httpAnswer(200, "<!doctype html><title>UI</title>"))],
        "expected a chat server here, found a web page, 'UI'"
      ),
      (
        [.send(httpAnswer(429, "", headers: ["Retry-After": "86400"]))],
        "the server asks to wait 86400 seconds"
      ),
      ([.send(Array("SSH-2.0-x\r\n".utf8)), .close], "does not speak HTTP"),
    ] as [([LoopbackStep], String)])
  func aFaultOfTheWholeRunEndsIt(steps: [LoopbackStep], says: String) throws {
    let chat = try ChatServer { _ in steps }
    let result = try chat.complete("--jobs 2", ChatServer.requests(50))
    #expect(result.status == 4 && result.output.isEmpty, "\(result.status)")
    #expect(result.errors.contains(says), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    #expect(chat.server.requests.count <= 3 && !result.errors.contains(ChatServer.key))
  }

  @Test func nobodyThereEndsTheRunAtOnce() throws {
    let chat = try ChatServer.echo()
    chat.server.stop()
    let result = try chat.complete("", ChatServer.requests(3))
    #expect(result.status == 4 && result.errors.contains("no server answers"), "\(result.errors)")
    let name = try chat.complete("--url http://no-host.invalid --no-key", ChatServer.requests(3))
    #expect(name.status == 4 && name.errors.contains("no-host.invalid"), "\(name.errors)")
    let tls = try chat.complete("--url https://127.0.0.1:1/v1", ChatServer.requests(3))
    #expect(tls.status == 4, "\(tls.errors)")
  }

  @Test func whenAllFailTheFirstReasonIsSaidAtTheEnd() throws {
    let chat = try ChatServer { request in
      [.send(chatError(400, "because of \(request.lastMessage)"))]
    }
    let result = try chat.complete("-j 1", ChatServer.requests(30))
    #expect(result.status == 1)
    #expect(try result.codes() == Array(repeating: "http/400", count: 30))
    #expect(
      result.errors.contains(
        "no request was answered; the first reason: the server refuses the request (HTTP 400):"
          + " because of q0"), "\(result.errors)")
  }

  /// The server dies after two answers: nothing is skipped for that, and the run ends.
  @Test func aServerThatGoesAwayEndsTheRunAfterItsRetries() throws {
    let chat = try ChatServer { request in
      [.send(request.ordinal < 2 ? chatAnswer("ok") : chatError(503, "going down"))]
    }
    let result = try chat.complete("-j 1 --retries 3 --journal j", ChatServer.requests(10))
    #expect(result.status == 4 && chat.server.requests.count == 6)
    #expect(try result.texts() == ["ok", "ok"])
    #expect(
      result.errors.contains("given up, as nothing is answered any more")
        && result.errors.contains("going down"), "\(result.errors)")
  }

  @Test func troubleThatPassesIsNotSeen() throws {
    let chat = try ChatServer { request in
      switch request.ordinal % 4 {
      case 0: [.send(chatError(500, "m"))]
      case 1: [.reset]
      case 2: [.send(chatError(503, "m"))]
      default: [.send(chatAnswer("re " + request.lastMessage))]
      }
    }
    let result = try chat.complete("-j 1 -v", ChatServer.requests(5))
    // A connection that is reset when it is used again is replaced below us.
    #expect(result.status == 0 && result.errors.contains("sent again"), "\(result.errors)")
    #expect(chat.server.requests.count == 20)
    #expect(try result.texts() == (0..<5).map { "re q\($0)" })
  }

  @Test func theKeyIsShownNowhere() throws {
    let key = ChatServer.key
    let chat = try ChatServer { request in
      let told = request.headers["authorization"] ?? "none"
      return request.lastMessage == "q1"
        ? [.send(chatError(400, "you said \(told)"))]
        : [.pause(0.3), .send(chatAnswer("you said \(told)"))]
    }
    let result = try chat.run(
      """
      printf %s "$OPENAI_API_KEY" > key; unset OPENAI_API_KEY
      $CHAT --key-file key --journal j -v --errors json > out 2> err < in-requests & tool=$!
      sleep 0.2
      tr '\\0' ' ' < /proc/$tool/cmdline > cmdline
      wait $tool
      cat out
      """.replacing("< in-requests", with: "<<< '\(ChatServer.requests(3))'"))
    #expect(
      try result.texts()
        == ["you said Bearer [key]", nil, "you said Bearer [key]", nil].prefix(3).map(\.self))
    for name in ["out", "err", "j", "cmdline"] {
      let text = String(decoding: try chat.directory.read(name), as: UTF8.self)
      #expect(!text.isEmpty && !text.contains(key), "\(name): \(text)")
    }
    #expect(chat.server.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(key)" })
    #expect(chat.server.requests.allSatisfy { !$0.text.contains(key) })
  }

  @Test func aKeyIsNotSentInClearToAnotherMachine() throws {
    let chat = try ChatServer.echo()
    let arguments = "--url http://far.example/v1 --connect-timeout 1"
    let result = try chat.complete(arguments, ChatServer.requests(1))
    #expect(result.status == 2 && result.errors.contains("http would show the key"))
    let insisting = try chat.complete("\(arguments) --send-key-in-clear", ChatServer.requests(1))
    #expect(insisting.status == 4, "\(insisting.errors)")
    let none = try chat.complete("\(arguments) --no-key", ChatServer.requests(1))
    #expect(none.status == 4, "\(none.errors)")
  }
}
