// The HTTP client against a server on this machine: answers whole, faults by their kind.
// SPDX-License-Identifier: Apache-2.0
import HTTP
import InputOutput
import LoopbackServer
import TestSupport
import Testing

struct HTTPTests {
  /// Sends one request and returns how it ended.
  private func post(
    _ steps: [LoopbackStep], body: [UInt8] = Array("{}".utf8),
    _ change: (inout HTTPSettings) -> Void = { _ in }
  ) throws -> (outcome: HTTPOutcome, requests: [LoopbackRequest]) {
    let server = try LoopbackServer { _ in steps }
    defer { server.stop() }
    var settings = HTTPSettings(address: try HTTPAddress(server.url, ending: "/v1/x"))
    settings.silenceTimeout = 1
    settings.totalTimeout = 4
    change(&settings)
    return (try ended(HTTPClient(settings), body), server.requests)
  }

  private func ended(_ client: HTTPClient, _ body: [UInt8]) throws -> HTTPOutcome {
    try client.post(body, tag: 7)
    for _ in 0..<200 {
      if let outcome = try client.work(seconds: 0.1).first { return outcome }
    }
    throw LoopbackTimeout()
  }

  private struct LoopbackTimeout: Error {}

  @Test func anAnswerComesWhole() throws {
    let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    let (outcome, requests) = try post([.send(httpAnswer(200, "{\"a\":1}"))], body: body) {
      $0.headers = ["Authorization: Bearer k"]
      $0.agent = "tests/1"
    }
    #expect(outcome.tag == 7 && outcome.fault == nil && outcome.status == 200)
    #expect(outcome.body == Array("{\"a\":1}".utf8) && outcome.retryAfter == nil)
    #expect(requests.count == 1 && requests[0].body == body)
    #expect(requests[0].method == "POST" && requests[0].path == "/v1/x")
    #expect(requests[0].headers["authorization"] == "Bearer k")
    #expect(requests[0].headers["user-agent"] == "tests/1")
    #expect(requests[0].headers["content-type"] == "application/json")
  }

  @Test(
    arguments: [
      ([.reset], .cut), ([.close], .cut), ([.hang], .silent),
      ([.send(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)), .close], .otherProtocol),
      ([.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".utf8)), .close], .cut),
      ([.send(httpAnswer(200, String(repeating: "x", count: 70_000)))], .tooLarge),
      // Headers without an end.
      (
        [
          .send(Array(("HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 300_000)).utf8))
        ],
        .otherProtocol
      ),
    ] as [([LoopbackStep], HTTPFault)])
  func faultsAreToldApart(steps: [LoopbackStep], fault: HTTPFault) throws {
    let outcome = try post(steps) { $0.bodyLimit = 65536 }.outcome
    #expect(outcome.fault == fault, "\(outcome.explanation)")
    #expect(!outcome.explanation.isEmpty)
  }

  @Test func aSlowDripEnds() throws {
    let drip = (0..<100).flatMap { _ in [LoopbackStep.send([0x20]), .pause(0.05)] }
    let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n".utf8)
    let outcome = try post([.send(head)] + drip) { $0.totalTimeout = 1.2 }.outcome
    #expect(outcome.fault == .silent, "\(outcome.explanation)")
  }

  @Test func nobodyThereIsUnreachable() throws {
    let server = try LoopbackServer { _ in [] }
    server.stop()
    let address = try HTTPAddress(server.url, ending: "")
    #expect(try ended(HTTPClient(HTTPSettings(address: address)), []).fault == .unreachable)
    let nowhere = try HTTPAddress("http://nowhere.invalid/v1", ending: "")
    #expect(try ended(HTTPClient(HTTPSettings(address: nowhere)), []).fault == .unreachable)
  }

  @Test func retryAfterIsReadInBothForms() throws {
    #expect(
      try post([.send(httpAnswer(429, "", headers: ["Retry-After": "17"]))]).outcome.retryAfter
        == 17)
    let date = try Shell.bash("date -u -d '+60 seconds' '+%a, %d %b %Y %H:%M:%S GMT'").text
      .split(separator: "\n").map(String.init)
    let outcome = try post([
      .send(httpAnswer(503, "", headers: ["Retry-After": try #require(date.first)]))
    ]).outcome
    #expect((50...61).contains(outcome.retryAfter ?? 0), "\(outcome.retryAfter ?? 0)")
    #expect(outcome.status == 503)
  }

  @Test func redirectsAreNotFollowed() throws {
    let (outcome, requests) = try post([
      .send(httpAnswer(308, "", headers: ["Location": "/elsewhere"]))
    ])
    #expect(outcome.status == 308 && outcome.location?.hasSuffix("/elsewhere") == true)
    #expect(requests.count == 1)
  }

  @Test func aUnixSocketWillDo() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("s")
    let server = try LoopbackServer(unixSocket: path) { _ in [.send(httpAnswer(200, "{}"))] }
    defer { server.stop() }
    var settings = HTTPSettings(address: try HTTPAddress("http://any-host/v1", ending: ""))
    settings.unixSocket = path
    #expect(try ended(HTTPClient(settings), []).status == 200)
    #expect(server.requests.first?.headers["host"] == "any-host")
  }

  @Test func connectionsAreUsedAgainAndManyAtOnce() throws {
    let server = try LoopbackServer { _ in [.pause(0.05), .send(httpAnswer(200, "{}"))] }
    defer { server.stop() }
    var settings = HTTPSettings(address: try HTTPAddress(server.url, ending: ""))
    settings.connections = 4
    let client = try HTTPClient(settings)
    for tag in 0..<12 { try client.post([], tag: tag) }
    var tags: Set<Int> = []
    for _ in 0..<100 where tags.count < 12 {
      tags.formUnion(try client.work(seconds: 0.1).map(\.tag))
    }
    #expect(tags == Set(0..<12))
    #expect(server.mostAtOnce == 4 && server.connectionCount == 4)
  }

  @Test(arguments: [
    ("http://localhost:8000/v1", "http://localhost:8000/v1/c", true),
    ("http://127.0.0.1/v1/c", "http://127.0.0.1/v1/c", true),
    ("http://127.1/", "http://127.0.0.1/c", true),
    ("http://[::1]:1/a/", "http://[::1]:1/a/c", true),
    ("https://a.b/v1?api-version=2#x", "https://a.b/v1/c?api-version=2", false),
    ("http://127.0.0.1.evil.example/v1", "http://127.0.0.1.evil.example/v1/c", false),
    ("http://localhost.example", "http://localhost.example/c", false),
  ])
  func addressesAreCompleted(text: String, whole: String, isLoopback: Bool) throws {
    let address = try HTTPAddress(text, ending: "/c")
    #expect(address.text == whole && address.isLoopback == isLoopback)
  }

  @Test(arguments: [
    "", "localhost:8000/v1", "ftp://a/b", "file:///etc/passwd", "http://", "http://u:p@h/",
    "http://u@h/", "http://a b/",
  ])
  func otherAddressesAreRefused(text: String) {
    let failure = #expect(throws: Failure.self) { try HTTPAddress(text, ending: "/c") }
    #expect(failure?.code == "usage/url" && failure?.status == .usage)
    #expect(failure?.message.contains("u:p") != true)
  }
}
