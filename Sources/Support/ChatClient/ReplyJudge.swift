// Judges how a request ended: an HTTP error, or an incomplete reply, never becomes a text.
// SPDX-License-Identifier: Apache-2.0
import Chat
import HTTP
import InputOutput
import JSON

/// Judges the outcomes of one server's requests.
public struct ReplyJudge {
  let model: String
  let address: HTTPAddress
  let secret: Secret?
  /// The longest wait, in seconds, that a server may demand.
  let longestWait: Double
  let bodyLimit: Int
  /// Whether the server has answered anything yet. What fails before is a wrong address; what fails
  /// afterwards may pass.
  var hasHeard = false
  /// Whether it has answered as a chat server.
  var hasReplied = false

  public init(
    model: String, address: HTTPAddress, secret: Secret?, longestWait: Double, bodyLimit: Int
  ) {
    (self.model, self.address, self.secret) = (model, address, secret)
    (self.longestWait, self.bodyLimit) = (longestWait, bodyLimit)
  }

  public mutating func verdict(on outcome: HTTPOutcome) -> Verdict {
    var verdict = outcome.fault.map { self.verdict(on: $0, outcome) } ?? answer(outcome)
    if case .retry(_, _, let after?) = verdict, after > longestWait {
      verdict = .end(
        ending(
          "server/wait", "the server asks to wait \(Int(min(after, 1e12))) seconds",
          remedy: "run it again then: what --journal holds is not asked again; or raise --max-wait"
        ))
    }
    if outcome.fault == nil { hasHeard = true }
    if case .reply = verdict { hasReplied = true }
    return verdict
  }

  private func verdict(on fault: HTTPFault, _ outcome: HTTPOutcome) -> Verdict {
    let told = outcome.explanation.isEmpty ? "" : ": \(redacted(outcome.explanation))"
    switch fault {
    case .unreachable:
      let failure = ending(
        "server/unreachable", "no server answers\(told)",
        remedy: "check --url, and whether the server runs")
      return hasHeard ? .retry(failure, .busy, after: nil) : .end(failure)
    case .untrusted:
      return .end(
        ending(
          "server/untrusted", "the server's certificate is not accepted\(told)",
          remedy: "check --url; for a certificate of your own set SSL_CERT_FILE"))
    case .cut:
      return .retry(
        spoilt("reply/cut", "the connection was lost before the whole reply had come\(told)"),
        .trouble, after: nil)
    case .silent:
      return .retry(
        spoilt(
          "reply/timeout", "the server was silent for too long, or too slow\(told)",
          remedy: "raise --silence or --timeout, or bound replies with --max-tokens"),
        .trouble, after: nil)
    case .tooLarge:
      return .skip(
        Failure(
          .limitExceeded, code: "reply/too-large",
          "expected a reply of at most \(bodyLimit) bytes, found more", remedy: "raise --max-line"))
    case .otherProtocol:
      let failure = ending(
        "server/protocol", "what answers does not speak HTTP as a chat server does\(told)",
        remedy: "check the port and whether it is http or https")
      return hasHeard
        ? .retry(spoilt("reply/protocol", failure.message), .trouble, after: nil) : .end(failure)
    case .other:
      let failure = ending("server/connection", "the request failed\(told)", remedy: "check --url")
      return hasHeard ? .retry(failure, .busy, after: nil) : .end(failure)
    }
  }

  private func answer(_ outcome: HTTPOutcome) -> Verdict {
    let raw = redacted(String(decoding: outcome.body, as: UTF8.self))
    let parsed = Result { () throws(JSONError) in
      try JSONValue(parsing: outcome.body, valueLimit: 1_000_000)
    }
    let body = (try? parsed.get()).map { secret?.redacted($0) ?? $0 }
    let message = ServerMessage(body, raw: raw)
    guard outcome.status == 200 else {
      return refusal(outcome.status, message, after: outcome.retryAfter, outcome.location)
    }
    switch parsed {
    case .success: return reply(body ?? .null, message)
    case .failure where message.isWebPage:
      let failure = wrongAddress("found \(message.text ?? "a web page")")
      return hasReplied
        ? .retry(spoilt("reply/not-json", failure.message), .trouble, after: nil) : .end(failure)
    case .failure(let error):
      // Where no length was announced, a connection that is lost looks like an end.
      return .retry(
        spoilt(
          "reply/not-json",
          "expected a reply in JSON: byte \(error.offset) of \(outcome.body.count): "
            + error.message), .trouble, after: nil)
    }
  }

  private func reply(_ body: JSONValue, _ message: ServerMessage) -> Verdict {
    if let error = body.object?["error"], error != .null {
      // A server in between passes on another's refusal.
      if let status = message.code.flatMap({ Int($0) }), (400...599).contains(status) {
        return refusal(status, message, after: nil, nil)
      }
      return .skip(spoilt("reply/error", "the server answers with an error\(message.suffix)"))
    }
    guard let choice = body.object?["choices"]?.array?.first?.object else {
      return .skip(
        spoilt("reply/no-choices", "expected a reply with `choices`, found \(message.text ?? "{}")")
      )
    }
    let member = choice["finish_reason"] ?? .null
    guard member == .null || member.string != nil else {
      return .skip(spoilt("reply/finish-reason", "expected `finish_reason` to be a text"))
    }
    let reason = member.string
    // As servers between us and the model say it where that broke off midway.
    if reason == "error" {
      return .retry(
        spoilt("reply/error", "the reply broke off (finish_reason error)"), .trouble, after: nil)
    }
    guard let text = Self.text(choice["message"]?.object?["content"]) else {
      let ended = reason.map { " (finish_reason \($0))" } ?? ""
      let refused = choice["message"]?.object?["refusal"]?.string.map { ": \($0)" } ?? ""
      return .skip(
        spoilt(
          "reply/no-content", "the reply has no text\(ended)\(refused.prefix(bytes: 300))",
          remedy: reason == "length" ? "raise --max-tokens" : nil))
    }
    guard !strippingWhitespace(text).isEmpty else {
      return .skip(
        spoilt(
          "reply/empty", "expected a reply, found an empty text",
          remedy: reason == "length" ? "raise --max-tokens" : nil))
    }
    return .reply(
      ChatReply(text: text, finishReason: reason, usage: body.object?["usage"]?.object))
  }

  /// A text, or the texts of parts that are nothing else.
  private static func text(_ content: JSONValue?) -> String? {
    if let text = content?.string { return text }
    guard let parts = content?.array, !parts.isEmpty else { return nil }
    var whole = ""
    for part in parts {
      guard let text = part.object?["text"]?.string else { return nil }
      whole += text
    }
    return whole
  }

  func redacted(_ text: String) -> String { secret?.redacted(text) ?? text }

  /// A failure that is the record's.
  func spoilt(_ code: String, _ message: String, remedy: String? = nil) -> Failure {
    Failure(.invalidInput, code: code, message, remedy: remedy)
  }

  /// A failure that is the run's.
  func ending(_ code: String, _ message: String, remedy: String? = nil) -> Failure {
    Failure(.inputOutput, code: code, at: address.shown, message, remedy: remedy)
  }

  func wrongAddress(_ found: String) -> Failure {
    ending(
      "server/address", "expected a chat server here, \(found)",
      remedy: "--url is the address that ends with /v1, as the server's manual names it")
  }
}
