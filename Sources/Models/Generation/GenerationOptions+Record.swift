// What a record itself says of how its answer is to be written.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension GenerationOptions {
  /// These options with what the members of `request` say instead, by the names of OpenAI's interface:
  /// `temperature`, `top_p`, `max_tokens` or `max_completion_tokens`, `seed`, and `stop`, a text or
  /// a list of texts, which come besides those that are there.
  ///
  /// Throws `chat/parameter` where one is of another type or out of its range.
  public func with(_ request: JSONObject) throws(Failure) -> GenerationOptions {
    var options = self
    if let value = try Self.number("temperature", 0...1e6, in: request) {
      options.temperature = value
    }
    if let value = try Self.number("top_p", 0...1, in: request) {
      guard value > 0 else { throw Self.fault("top_p", "a number above 0, at most 1") }
      options.topP = value
    }
    for key in ["max_tokens", "max_completion_tokens"] {
      if let value = try Self.integer(key, 1...1 << 20, in: request) { options.maxTokens = value }
    }
    if let value = try Self.integer("seed", .min ... .max, in: request) {
      options.seed = UInt64(bitPattern: Int64(value))
    }
    options.stops += try Self.stops(in: request)
    return options
  }

  private static func number(
    _ key: String, _ range: ClosedRange<Double>, in request: JSONObject
  ) throws(Failure) -> Double? {
    guard let member = request[key], member != .null else { return nil }
    guard let value = member.double, range.contains(value) else {
      throw fault(key, "a number of \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private static func integer(_ key: String, _ range: ClosedRange<Int>, in request: JSONObject)
    throws(Failure) -> Int?
  {
    guard let member = request[key], member != .null else { return nil }
    guard let value = member.int, range.contains(value) else {
      throw fault(key, "an integer of \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private static func stops(in request: JSONObject) throws(Failure) -> [String] {
    guard let member = request["stop"], member != .null else { return [] }
    let items = member.array ?? [member]
    let texts = items.compactMap(\.string).filter { !$0.isEmpty }
    guard texts.count == items.count else {
      throw fault("stop", "a text or a list of texts, none empty")
    }
    return texts
  }

  private static func fault(_ key: String, _ expected: String) -> Failure {
    Failure(.invalidInput, code: "chat/parameter", "expected `\(key)` to be \(expected)")
  }
}
