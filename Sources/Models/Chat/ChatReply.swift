// The reply of a chat model, and the record that it becomes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A model's reply.
public struct ChatReply: Equatable, Sendable {
  public var text: String
  /// Why the text ends: `stop`, `length` where it was cut; nil where nothing says so.
  public var finishReason: String?
  /// What was counted, by the names of OpenAI's interface: `prompt_tokens`, `completion_tokens`.
  public var usage: JSONObject?

  public init(text: String, finishReason: String?, usage: JSONObject?) {
    self.text = text
    self.finishReason = finishReason
    self.usage = usage
  }

  /// The reply in a record of chat-complete or vicuna-decode.
  ///
  /// Throws `chat/reply` where there is no text, or `finish_reason` is none.
  public init(of object: JSONObject) throws(Failure) {
    guard let text = object["text"]?.string else {
      throw Failure(
        .invalidInput, code: "chat/reply", "expected a reply with a member `text`",
        remedy: object[ChatRequest.messages] == nil
          ? nil : "this is a request: send it through chat-complete first")
    }
    let reason = object["finish_reason"] ?? .null
    guard reason == .null || reason.string != nil else {
      throw Failure(.invalidInput, code: "chat/reply", "expected `finish_reason` to be a text")
    }
    self.init(text: text, finishReason: reason.string, usage: object["usage"]?.object)
  }

  /// Whether the text was truncated at the token limit.
  public var isTruncated: Bool { finishReason == "length" }

  /// The request without its messages, and the reply.
  public func record(of request: JSONObject) -> JSONObject {
    var record = request
    record[ChatRequest.messages] = nil
    record["text"] = .string(text)
    record["finish_reason"] = finishReason.map(JSONValue.string) ?? .null
    if let usage { record["usage"] = .object(usage) }
    return record
  }
}
