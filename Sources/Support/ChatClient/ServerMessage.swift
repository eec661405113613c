// A server's message about a refusal, in any of the usual forms.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The error in the body of an answer.
struct ServerMessage {
  /// One line, at most 300 bytes; nil where the body says nothing.
  let text: String?
  /// `model_not_found`, `insufficient_quota`, or a number as text.
  let code: String?
  /// Whether the body has the form in which chat servers speak.
  let isFromChatServer: Bool
  let isWebPage: Bool

  private static let mostBytes = 300

  /// `body`: parsed, with the key taken out; nil where it is no JSON. `raw`: its text.
  init(_ body: JSONValue?, raw: String) {
    let start = strippingWhitespace(raw.prefix(bytes: 4096))
    isWebPage = body == nil && start.utf8.first == UInt8(ascii: "<")
    let object = body?.object
    let error = object?["error"]
    isFromChatServer = error?.object != nil || error?.string != nil || object?["object"] != nil
    code = error?.object.flatMap { Self.text($0["code"]) ?? Self.text($0["type"]) }
    var said = error?.string ?? error?.object?["message"]?.string
    said = said ?? object?["message"]?.string ?? object?["detail"]?.string
    // As FastAPI tells of a member that it does not take.
    said = said ?? object?["detail"]?.array?.first?.object?["msg"]?.string
    if said == nil {
      said = isWebPage ? Self.title(start) : body.map(\.serializedString) ?? start
    }
    let line = said.map { Self.oneLine($0) } ?? ""
    text = line.isEmpty ? nil : line
  }

  /// `: TEXT`, or nothing.
  var suffix: String { text.map { ": \($0)" } ?? "" }

  private static func text(_ value: JSONValue?) -> String? {
    if case .number(let number)? = value { number.text } else { value?.string }
  }

  /// White space in one piece each, and cut to a length that fits a line.
  private static func oneLine(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    var isSpace = true
    for scalar in text.prefix(bytes: 4 * mostBytes).unicodeScalars {
      let isOwnSpace = scalar.properties.isWhitespace || scalar.value < 0x20
      if !isOwnSpace { line.append(scalar) } else if !isSpace { line.append(" ") }
      isSpace = isOwnSpace
    }
    let whole = strippingWhitespace(String(line))
    let cut = whole.prefix(bytes: mostBytes)
    return cut.utf8.count < whole.utf8.count ? cut + "…" : whole
  }

  private static func title(_ page: String) -> String {
    let bytes = Array(page.utf8)
    let lower = bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    guard let start = lower.firstRange(of: Array("<title>".utf8))?.upperBound,
      let end = lower[start...].firstRange(of: Array("</title>".utf8))?.lowerBound
    else { return "a web page" }
    return "a web page, '\(String(decoding: bytes[start..<end], as: UTF8.self))'"
  }
}
