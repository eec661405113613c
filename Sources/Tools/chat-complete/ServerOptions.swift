// The options for the server and its timeouts.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ChatClient
import HTTP
import InputOutput
import ToolSupport

struct ServerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Base URL of the server, such as http://localhost:8000/v1.", valueName: "address"))
  var url: String

  @Option(help: ArgumentHelp("The server's name for the model.", valueName: "name"))
  var model: String

  @Option(
    help: ArgumentHelp("Environment variable that holds the API key.", valueName: "variable"))
  var keyVariable = "OPENAI_API_KEY"

  @Option(
    help: ArgumentHelp("Read the key from this file instead.", valueName: "file"),
    completion: .file())
  var keyFile: String?

  @Flag(help: "Send no key, even if the environment holds one.")
  var noKey = false

  @Flag(help: "Allow the key to be sent to another machine over plain http.")
  var sendKeyInClear = false

  @Option(
    help: ArgumentHelp("Connect to this Unix socket.", valueName: "path"),
    completion: .file())
  var unixSocket: String?

  @Option(help: ArgumentHelp("Longest wait for a connection.", valueName: "seconds"))
  var connectTimeout = 10.0

  @Option(help: ArgumentHelp("Longest wait for the next byte of a reply.", valueName: "seconds"))
  var silence = 300

  @Option(help: ArgumentHelp("Longest time for a whole request.", valueName: "seconds"))
  var timeout = 900.0

  func validate() throws {
    if noKey, keyFile != nil {
      throw ValidationError("--no-key and --key-file exclude each other")
    }
    if model.isEmpty { throw ValidationError("--model must not be empty") }
    try require(connectTimeout, in: 0.001...86400, "--connect-timeout")
    try require(silence, in: 1...86400, "--silence")
    try require(timeout, in: 0.001...86400, "--timeout")
  }

  func address() throws(Failure) -> HTTPAddress {
    try HTTPAddress(url, ending: ReplyJudge.path)
  }

  /// Throws `usage/key…` if the key is invalid, or would be exposed to others.
  func secret(for address: HTTPAddress, _ session: Session) throws(Failure) -> Secret? {
    if noKey { return nil }
    var secret: Secret?
    if let keyFile {
      secret = try Secret(file: keyFile)
    } else {
      secret = try Secret(environment: keyVariable)
    }
    if let secret, !sendKeyInClear { try secret.checkIsSafe(on: address, unixSocket: unixSocket) }
    return secret
  }

  func settings(_ address: HTTPAddress, _ secret: Secret?) -> HTTPSettings {
    var settings = HTTPSettings(address: address)
    settings.unixSocket = unixSocket
    settings.headers = secret.map { [$0.header] } ?? []
    settings.agent = "chat-complete/\(suiteVersion)"
    settings.connectTimeout = connectTimeout
    settings.silenceTimeout = silence
    settings.totalTimeout = timeout
    return settings
  }
}
