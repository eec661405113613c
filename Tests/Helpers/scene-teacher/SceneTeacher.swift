// Runs a command beside a chat server on this machine that knows the tiny model's scenes.
// SPDX-License-Identifier: Apache-2.0
//
//   scene-teacher COMMAND ARGUMENT…     with URL and SOCKET in its environment; ends with its status
import Chat
import Foundation
import JSON
import LoopbackServer

@main
enum SceneTeacher {
  static func main() throws {
    let command = Array(CommandLine.arguments.dropFirst())
    guard !command.isEmpty else {
      FileHandle.standardError.write(Data("usage: scene-teacher COMMAND ARGUMENT...\n".utf8))
      exit(2)
    }
    // A socket of a name: with a port, which is another each time, the address would be another too,
    // and journals know requests by it.
    let socket = NSTemporaryDirectory() + "/scene-teacher-\(getpid())"
    let server = try LoopbackServer(unixSocket: socket) { [.send(answer(to: $0))] }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["URL": "http://localhost/v1", "SOCKET": socket]) { $1 }
    // Ctrl-C reaches the command too: it decides how to end.
    signal(SIGINT, SIG_IGN)
    try process.run()
    process.waitUntilExit()
    server.stop()
    unlink(socket)
    exit(process.terminationReason == .exit ? process.terminationStatus : 1)
  }

  private static func answer(to request: LoopbackRequest) -> [UInt8] {
    guard request.method == "POST", request.path == "/v1/chat/completions" else {
      return chatError(404, "only POST /v1/chat/completions is here")
    }
    guard let object = try? JSONValue(parsing: request.body).object,
      let messages = try? ChatRequest.messages(of: object)
    else { return chatError(400, "expected a chat request") }
    guard let text = reply(to: messages) else {
      return chatError(400, "expected captions of a scene, found none that I know")
    }
    let words = { (text: String) in text.split { $0 == " " || $0 == "\n" }.count }
    return chatAnswer(
      text, promptTokens: messages.reduce(0) { $0 + words($1.content) },
      completionTokens: words(text))
  }
}
