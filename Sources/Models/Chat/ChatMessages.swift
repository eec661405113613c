// The messages of a chat request: who says what, in the order in which it was said.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The role of a speaker.
public enum ChatRole: String, Sendable, CaseIterable {
  case system, user, assistant
}

/// One message of text.
public struct ChatMessage: Equatable, Sendable {
  public var role: ChatRole
  public var content: String

  public init(_ role: ChatRole, _ content: String) {
    self.role = role
    self.content = content
  }

  /// `{"role":"user","content":"…"}`
  public var json: JSONValue {
    .object(["role": .string(role.rawValue), "content": .string(content)])
  }
}

/// A request to a chat model, as the tools pass it on: an object with `messages`, whose other members
/// travel with it.
public enum ChatRequest {
  /// The member that holds the messages.
  public static let messages = "messages"

  /// Members that say how to answer, by the names of OpenAI's interface. They are sent with the
  /// messages; all others stay with us.
  public static let parameters = [
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop",
    "frequency_penalty", "presence_penalty", "response_format", "reasoning_effort",
  ]

  /// `object` with `messages` as its member.
  public static func make(_ object: JSONObject, _ messages: [ChatMessage]) -> JSONObject {
    var request = object
    request[Self.messages] = .array(messages.map(\.json))
    return request
  }

  /// The messages of `object`, which are all text.
  ///
  /// Throws `chat/messages` where there are none, one is none, or one has parts other than text.
  public static func messages(of object: JSONObject) throws(Failure) -> [ChatMessage] {
    guard let items = object[messages]?.array, !items.isEmpty else {
      throw fault("expected `messages`, a list of messages", remedy)
    }
    var result: [ChatMessage] = []
    for (index, item) in items.enumerated() { result.append(try message(item, number: index + 1)) }
    return result
  }

  private static let remedy =
    "give each record {\"messages\":[{\"role\":\"user\",\"content\":\"…\"}]}"

  private static func message(_ value: JSONValue, number: Int) throws(Failure) -> ChatMessage {
    guard let role = value.object?["role"]?.string.flatMap(ChatRole.init(rawValue:)) else {
      throw fault("message \(number): expected a `role`, system, user or assistant", remedy)
    }
    if let text = value.object?["content"]?.string { return ChatMessage(role, text) }
    guard let parts = value.object?["content"]?.array, !parts.isEmpty else {
      throw fault("message \(number): expected `content`, a text or a list of parts", remedy)
    }
    var text = ""
    for part in parts {
      guard part.object?["type"]?.string == "text", let own = part.object?["text"]?.string else {
        throw fault("message \(number): expected parts of type text alone", nil)
      }
      text += own
    }
    return ChatMessage(role, text)
  }

  private static func fault(_ message: String, _ remedy: String?) -> Failure {
    Failure(.invalidInput, code: "chat/messages", message, remedy: remedy)
  }
}
