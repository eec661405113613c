// A judge's review as it is read: whose it is, which answer stood first, and its scores.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import JSON

/// One reply of a judge.
public struct JudgeReview: Sendable {
  /// The id of its question as the file has it; nil where it has none.
  public let questionId: JSONValue?
  public let category: String?
  public let first: JudgeOrder
  /// The member `repeat`: 1 where there is none.
  public let number: Int
  public let referenceModel: String?
  public let candidateModel: String?
  /// The scores of reference and candidate, whichever stood first; nil where the reply has not two.
  public let pair: ScorePair?
  /// What stands where the scores should, for messages.
  let firstLine: String

  /// Reads a reply of chat-complete to a request of ours, or a line of the reference's review files
  /// (`content` with `tuple`, or the older `score`).
  ///
  /// Throws `judge/review` where a member is of another kind, `chat/reply` where there is no review.
  public init(_ object: JSONObject) throws(Failure) {
    questionId = JudgeEntry.questionId(of: object)
    category = try Self.text(object, "category")
    referenceModel = try Self.text(object, "reference_model")
    candidateModel = try Self.text(object, "candidate_model")
    guard let first = JudgeOrder(rawValue: try Self.text(object, "first") ?? "reference") else {
      throw Self.fault("expected `first` to be reference or candidate")
    }
    self.first = first
    let number = object["repeat"] ?? .int(1)
    guard let number = number.int, number > 0 else {
      throw Self.fault("expected `repeat` to be a whole number of 1 or more")
    }
    self.number = number
    let found = try Self.scores(of: object, hasCategory: category != nil)
    firstLine = found.line
    pair = first == .reference ? found.pair : found.pair?.exchanged
  }

  private static func scores(of object: JSONObject, hasCategory: Bool) throws(Failure)
    -> (pair: ScorePair?, line: String)
  {
    if let value = object["tuple"] ?? (hasCategory ? nil : object["score"]) {
      let numbers = value.array?.compactMap(\.double) ?? []
      guard value.array?.count == 2, numbers.count == 2 else {
        throw fault("expected `tuple` to be two numbers")
      }
      let pair = ScorePair(reference: numbers[0], candidate: numbers[1])
      return (pair == .unparsed ? nil : pair, value.serializedString)
    }
    let text: String
    if let content = object["content"] {
      guard let own = content.string else { throw fault("expected `content` to be a text") }
      text = own
    } else {
      text = try ChatReply(of: object).text
    }
    let line = text.split(atByte: UInt8(ascii: "\n")).first ?? ""
    return (ScorePair(parsing: text), line)
  }

  private static func text(_ object: JSONObject, _ name: String) throws(Failure) -> String? {
    guard let value = object[name], value != .null else { return nil }
    guard let text = value.string else { throw fault("expected `\(name)` to be a text") }
    return text
  }

  private static func fault(_ message: String) -> Failure {
    Failure(.invalidInput, code: "judge/review", message)
  }
}

extension JudgeReview {
  /// Why the scores do not count; nil where they do.
  public var fault: Failure? {
    guard let pair, pair.isFinite else {
      let shown = escapedForTerminal(firstLine.prefix(bytes: 60))
      return Failure(
        .invalidInput, code: "judge/unparsed",
        "expected a first line of two scores, such as `7 9`, found `\(shown)`")
    }
    guard pair.isInScale else {
      return Failure(
        .invalidInput, code: "judge/out-of-range",
        "expected scores of 1 to 10, found \(pair.reference) for the reference's answer and"
          + " \(pair.candidate) for the candidate's")
    }
    return nil
  }
}
