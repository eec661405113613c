// chat-complete at work with a server that a test writes down.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import LoopbackServer
import TestSupport
import Testing

/// A server and a directory, and the tool run on both.
final class ChatServer {
  static let key = "sk-test-secret-0123456789"

  let server: LoopbackServer
  let directory: TemporaryDirectory

  init(_ handler: @escaping LoopbackServer.Handler) throws {
    server = try LoopbackServer(handler: handler)
    directory = try TemporaryDirectory()
  }

  deinit { server.stop() }

  /// A server that repeats what it is asked.
  static func echo(after seconds: Double = 0) throws -> ChatServer {
    try ChatServer { request in
      [.pause(seconds), .send(chatAnswer("re " + request.lastMessage))]
    }
  }

  /// `count` requests a line each, asking `q0`, `q1` and so on, their ids `i0`, `i1`.
  static func requests(_ count: Int, from first: Int = 0) -> String {
    (first..<first + count).map { request("i\($0)", "q\($0)") }.joined()
  }

  static func request(_ id: String, _ text: String) -> String {
    "{\"id\":\"\(id)\",\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]}\n"
  }

  /// What stands in `$CHAT`: the tool, quick to try again. It has its key in the environment.
  var environment: [String: String] {
    [
      "CHAT": "chat-complete --url \(server.url)/v1 --model teacher --backoff 0.01"
        + " --max-backoff 0.05",
      "OPENAI_API_KEY": Self.key, "URL": "\(server.url)/v1", "TERM": "dumb",
    ]
  }

  /// Runs `script` in the directory.
  func run(_ script: String, input: String = "", timeout: Double = 60) throws -> ShellResult {
    try Shell.bash(
      script, input: Array(input.utf8), in: directory, environment: environment, timeout: timeout)
  }

  /// Runs the tool with `arguments` on `input`.
  func complete(_ arguments: String, _ input: String) throws -> ShellResult {
    try run("$CHAT \(arguments)", input: input)
  }

  /// What was asked, as the last messages' texts.
  var asked: [String] { server.requests.map(\.lastMessage) }
}

extension ShellResult {
  /// The `text` of each record, nil for a skip.
  func texts() throws -> [String?] { try objects().map { $0["text"]?.string } }

  /// The code of each skip, nil for a reply.
  func codes() throws -> [String?] {
    try objects().map { $0["skipped"]?.object?["code"]?.string }
  }
}
