// HTTP's error statuses: whose fault each is, and whether it may pass.
// SPDX-License-Identifier: Apache-2.0
import HTTP
import InputOutput

extension ReplyJudge {
  /// What follows from an answer of `status`, which is not 200.
  func refusal(_ status: Int, _ message: ServerMessage, after: Double?, _ location: String?)
    -> Verdict
  {
    switch status {
    case 200..<300:
      return .skip(
        spoilt("http/\(status)", "expected an answer with HTTP 200, found HTTP \(status)"))
    case 401, 403: return .end(keyFault(status, message))
    case 402: return .end(moneyFault(status, message))
    case 429 where message.code == "insufficient_quota": return .end(moneyFault(status, message))
    case 300..<400:
      let place = location.map { " to \(redacted($0))" } ?? ""
      return .end(
        ending(
          "server/redirect", "the server sends requests elsewhere\(place) (HTTP \(status))",
          remedy: "name that address with --url if you trust it: the key would go there"))
    case 400 where isAboutModel(message), 404 where isAboutModel(message):
      return .end(
        ending(
          "server/model", "the server has no model '\(model)' (HTTP \(status))\(message.suffix)",
          remedy: "see what it has: GET \(modelsAddress)"))
    case 404, 405:
      return .end(wrongAddress("found HTTP \(status)\(message.suffix)"))
    case 407:
      return .end(
        ending("server/proxy", "the proxy wants a name and a password\(message.suffix)"))
    case 429, 502, 503, 529:
      return .retry(spoilt("http/\(status)", busy(status, message)), .busy, after: after)
    case 408, 409, 425, 500, 504, 520...527:
      return .retry(
        spoilt("http/\(status)", "the server failed (HTTP \(status))\(message.suffix)"),
        .trouble, after: after)
    default:
      return .skip(
        spoilt(
          "http/\(status)", "the server refuses the request (HTTP \(status))\(message.suffix)"))
    }
  }

  private func busy(_ status: Int, _ message: ServerMessage) -> String {
    status == 429
      ? "the server limits our requests (HTTP 429)\(message.suffix)"
      : "the server is busy or down (HTTP \(status))\(message.suffix)"
  }

  private func keyFault(_ status: Int, _ message: ServerMessage) -> Failure {
    let found = secret == nil ? "wants a key" : "refuses the key"
    return ending(
      "server/key", "the server \(found) (HTTP \(status))\(message.suffix)",
      remedy: secret == nil
        ? "set OPENAI_API_KEY, or name the key's file with --key-file"
        : "check the key, and that it is this server's")
  }

  private func moneyFault(_ status: Int, _ message: ServerMessage) -> Failure {
    ending(
      "server/credit", "the account has no credit left (HTTP \(status))\(message.suffix)",
      remedy: "run it again when it has: what --journal holds is not asked again")
  }

  /// Servers word it each in their own way, and some with status 400.
  private func isAboutModel(_ message: ServerMessage) -> Bool {
    if message.code == "model_not_found" { return true }
    guard message.isFromChatServer, let text = message.text?.lowercased() else { return false }
    return text.contains("model")
      && ["not found", "does not exist", "not exist", "invalid model", "unknown model", "no model"]
        .contains { text.contains($0) }
  }

  private var modelsAddress: String {
    let ending = Self.path
    let shown = address.shown
    return shown.ends(withBytesOf: ending)
      ? "\(shown.dropLast(ending.count))/models" : "the server's /v1/models"
  }

  /// What is put behind an address that does not end with it.
  public static let path = "/chat/completions"
}
