// Where a record's phrases come from: its caption, or a list of its own.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// What of a record is read for its phrases.
public enum PhraseSource: Equatable, Sendable {
  /// The noun phrases of `caption`; without that member, of the first answer in `conversations`.
  case caption
  /// The noun phrases of the text in this member.
  case captionIn(String)
  /// The texts of the list in this member, as they are.
  case listIn(String)

  /// The phrases of `record`, not yet made keys.
  ///
  /// Throws `caption/missing`, `caption/type`, `caption/empty`, or `caption/phrases` where the list
  /// is none of texts.
  public func phrases(of record: JSONObject) throws(Failure) -> [[UInt8]] {
    switch self {
    case .caption: NounPhrases.phrases(of: try Self.anyCaption(record))
    case .captionIn(let member):
      NounPhrases.phrases(of: try Self.text(record[member], member))
    case .listIn(let member): try Self.list(record[member], member)
    }
  }

  private static func anyCaption(_ record: JSONObject) throws(Failure) -> String {
    if record["caption"] == nil, let turns = record["conversations"] {
      let answer = turns.array?.first { $0.object?["from"]?.string == "gpt" }?.object
      guard let answer else {
        throw Failure(
          .invalidInput, code: "caption/missing",
          "no `caption`, and no answer of `gpt` in `conversations`")
      }
      return try text(answer["value"], "value")
    }
    return try text(record["caption"], "caption")
  }

  private static func text(_ value: JSONValue?, _ member: String) throws(Failure) -> String {
    guard let value, value != .null else { throw missing(member) }
    guard let text = value.string else {
      throw Failure(
        .invalidInput, code: "caption/type",
        "expected a text in `\(escapedForTerminal(member))`, found \(kind(value))")
    }
    guard !strippingWhitespace(text).isEmpty else {
      throw Failure(.invalidInput, code: "caption/empty", "the caption is empty")
    }
    return text
  }

  private static func list(_ value: JSONValue?, _ member: String) throws(Failure) -> [[UInt8]] {
    guard let value, value != .null else { throw missing(member) }
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else {
      throw Failure(
        .invalidInput, code: "caption/phrases",
        "expected a list of texts in `\(escapedForTerminal(member))`, found "
          + (texts == nil ? kind(value) : "something else in it"))
    }
    return texts.map { Array($0.utf8) }
  }

  private static func missing(_ member: String) -> Failure {
    Failure(
      .invalidInput, code: "caption/missing", "no `\(escapedForTerminal(member))`",
      remedy: "see --caption-key and --phrases-from")
  }

  private static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
