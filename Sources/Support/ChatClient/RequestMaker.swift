// What is sent for a record: only its messages and its sampling parameters.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import JSON
import Records

/// A request as it is sent.
public struct PreparedRequest: Sendable {
  public let body: [UInt8]
  /// What it will come to, as far as that can be known before.
  public let estimate: TokenEstimate
}

/// Tokens that a request is expected to take.
public struct TokenEstimate: Equatable, Sendable {
  public var prompt: Int
  /// The most that the reply may have; nil where nothing bounds it.
  public var completion: Int?

  public init(prompt: Int, completion: Int?) {
    self.prompt = prompt
    self.completion = completion
  }
}

/// Makes requests of records.
public struct RequestMaker {
  private let model: String
  private let defaults: JSONObject
  private let images: RequestImages?

  /// `defaults`: members for requests that do not have them. `images`: nil sends none, whatever
  /// records name.
  public init(model: String, defaults: JSONObject, images: RequestImages?) {
    (self.model, self.defaults, self.images) = (model, defaults, images)
  }

  /// Members that the tool itself writes, or whose answers it could not read.
  public static let reserved = ["model", ChatRequest.messages, "stream", "n"]

  /// Throws `chat/messages` where there are none, and what reading an image throws.
  public func request(for record: Record) throws(Failure) -> PreparedRequest {
    var messages = try Self.messages(of: record.object)
    let textTokens = estimatedTokens(JSONValue.array(messages).serialized().count)
    let parts = try images?.parts(of: record) ?? []
    if !parts.isEmpty { try Self.put(parts, into: &messages) }
    var body: JSONObject = ["model": .string(model), ChatRequest.messages: .array(messages)]
    for name in ChatRequest.parameters { body[name] = record.object[name] }
    // Two names of one thing: what the record says goes before any default.
    let isBounded = Self.bounds.contains { body[$0] != nil }
    for (name, value) in defaults.members where body[name] == nil {
      if isBounded, Self.bounds.contains(name) { continue }
      body[name] = value
    }
    let most = Self.bounds.lazy.compactMap { body[$0]?.int }.first { $0 >= 0 }
    return PreparedRequest(
      body: JSONValue.object(body).serialized(),
      estimate: TokenEstimate(
        prompt: textTokens + parts.count * RequestImages.tokens,
        completion: most.map { min($0, mostTokens) }))
  }

  private static let bounds = ["max_completion_tokens", "max_tokens"]

  private static func messages(of object: JSONObject) throws(Failure) -> [JSONValue] {
    let remedy = "give each record {\"messages\":[{\"role\":\"user\",\"content\":\"…\"}]}"
    guard let items = object[ChatRequest.messages]?.array, !items.isEmpty else {
      throw Failure(
        .invalidInput, code: "chat/messages", "expected `messages`, a list of messages",
        remedy: remedy)
    }
    for (index, item) in items.enumerated() {
      guard item.object?["role"]?.string != nil, item.object?["content"] != nil else {
        throw Failure(
          .invalidInput, code: "chat/messages",
          "message \(index + 1): expected an object with a `role` and a `content`", remedy: remedy)
      }
    }
    return items
  }

  /// Puts `parts` before what the user says first.
  private static func put(_ parts: [JSONValue], into messages: inout [JSONValue]) throws(Failure) {
    guard let index = messages.firstIndex(where: { $0.object?["role"]?.string == "user" }),
      var message = messages[index].object
    else {
      throw Failure(
        .invalidInput, code: "chat/messages", "expected a message of the user's to put images in",
        remedy: "leave out --images, or give each record a message with the role user")
    }
    var own = message["content"]?.array ?? []
    if let text = message["content"]?.string {
      own = [.object(["type": .string("text"), "text": .string(text)])]
    }
    message["content"] = .array(parts + own)
    messages[index] = .object(message)
  }
}

/// Tokens of `bytes` bytes of text: four bytes each, a common measure of English.
func estimatedTokens(_ bytes: Int) -> Int { (bytes + 3) / 4 }
