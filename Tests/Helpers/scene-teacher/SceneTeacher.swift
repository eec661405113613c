// Runs a command beside a chat server on this machine that knows the tiny model's scenes.
// SPDX-License-Identifier: Apache-2.0
//
//   scene-teacher COMMAND ARGUMENT…     with URL and SOCKET in its environment; ends with its status
import Chat
import Foundation
import Glibc
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
    setenv("URL", "http://localhost/v1", 1)
    setenv("SOCKET", socket, 1)
    let status = run(command)
    server.stop()
    unlink(socket)
    exit(status)
  }

  /// Runs the command in this process's group, so that Ctrl-C reaches it, and it decides how to end;
  /// Foundation's Process would give it a group of its own.
  private static func run(_ command: [String]) -> Int32 {
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    guard posix_spawnp(&process, command[0], nil, nil, &arguments, environ) == 0 else { return 127 }
    // A handler, unlike SIG_IGN, would not have been inherited.
    signal(SIGINT) { _ in }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
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
