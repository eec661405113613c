// Answers as bytes: HTTP's frame around a body, and what a chat server says.
// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A whole HTTP answer.
public func httpAnswer(
  _ status: Int, _ body: String, headers: [String: String] = [:],
  type: String = "application/json"
) -> [UInt8] {
  var all = ["Content-Type": type, "Content-Length": "\(body.utf8.count)"]
  all.merge(headers) { $1 }
  let lines = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
  return Array("HTTP/1.1 \(status) Status\r\n\(lines)\r\n\(body)".utf8)
}

/// The answer of a chat server that has written `text`.
public func chatAnswer(
  _ text: String, finishReason: String = "stop", promptTokens: Int = 10,
  completionTokens: Int = 5
) -> [UInt8] {
  let object: [String: Any] = [
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "teacher",
    "choices": [
      [
        "index": 0, "finish_reason": finishReason,
        "message": ["role": "assistant", "content": text],
      ]
    ],
    "usage": [
      "prompt_tokens": promptTokens, "completion_tokens": completionTokens,
      "total_tokens": promptTokens + completionTokens,
    ],
  ]
  return httpAnswer(200, jsonText(object))
}

/// The answer of a chat server that refuses: `{"error":{"message":…,"type":…,"code":…}}`.
public func chatError(
  _ status: Int, _ message: String, code: String? = nil, headers: [String: String] = [:]
) -> [UInt8] {
  let error: [String: Any] = [
    "message": message, "type": "server_error", "code": code ?? NSNull(),
  ]
  return httpAnswer(status, jsonText(["error": error]), headers: headers)
}

extension LoopbackRequest {
  /// The members of the body where it is a JSON object.
  public var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
  }

  /// The last message's text: what a teacher is asked.
  public var lastMessage: String {
    let messages = json["messages"] as? [[String: Any]] ?? []
    return messages.last?["content"] as? String ?? ""
  }
}

private func jsonText(_ object: [String: Any]) -> String {
  let data = try? JSONSerialization.data(
    withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
  return String(decoding: data ?? Data(), as: UTF8.self)
}
