// The records of questions and answers, and the id by which they are joined.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// A record of a file that is joined with others.
public struct JudgeEntry: Sendable {
  /// The file and the line.
  public let place: String
  public let object: JSONObject

  public init(place: String, _ object: JSONObject) {
    (self.place, self.object) = (place, object)
  }

  /// The record's own name of its question: `question_id`, else `id`, a text or a number.
  public static func questionId(of object: JSONObject) -> JSONValue? {
    ["question_id", "id"].lazy.compactMap { object[$0] }.first { value in
      if case .number = value { true } else { value.string?.isEmpty == false }
    }
  }

  /// The id as text: 7 and "7" are the same question.
  public static func key(_ id: JSONValue) -> ExactText {
    if case .number(let number) = id { ExactText(number.text) } else { ExactText(id.string ?? "") }
  }

  /// Throws `judge/id` where there is none.
  func id() throws(Failure) -> JSONValue {
    if let id = Self.questionId(of: object) { return id }
    throw Failure(
      .invalidInput, code: "judge/id", at: place,
      "expected `question_id` or `id`, a text or a number")
  }
}

/// What is asked of both models.
struct JudgeQuestion {
  let id: JSONValue
  let text: String
  let category: String
  let image: String?

  /// Throws `judge/question` where a member is missing or of another kind.
  init(_ entry: JudgeEntry) throws(Failure) {
    let object = entry.object
    id = try entry.id()
    guard let text = entry.question else {
      throw Failure(
        .invalidInput, code: "judge/question",
        "expected `text`, the question, or `conversations`")
    }
    guard let category = entry.category, !category.isEmpty else {
      throw Failure(
        .invalidInput, code: "judge/question", "expected `category`, by which the rule is chosen")
    }
    image = object["image"]?.string
    (self.text, self.category) = (text, category)
  }
}

/// What a model answered.
struct JudgeAnswer {
  /// `answer_id`, else the question's id.
  let id: JSONValue
  let text: String

  /// `who` is named in messages. Throws `judge/answer`, or the code of an earlier tool's skip.
  init(_ entry: JudgeEntry, of who: String) throws(Failure) {
    if let mark = SkipMark(of: entry.object) {
      throw Failure(
        .invalidInput, code: mark.code,
        "the \(who)'s answer was skipped: \(escapedForTerminal(mark.message))")
    }
    guard let text = entry.answer else {
      let isRequest = entry.object["messages"] != nil || entry.object["prompt"]?.object != nil
      throw Failure(
        .invalidInput, code: "judge/answer", at: entry.place,
        "expected `text`, the \(who)'s answer",
        remedy: isRequest ? "this is a request: let a model answer it first" : nil)
    }
    self.text = text
    switch entry.object["answer_id"] {
    case .string(let id)?: self.id = .string(id)
    case .number(let id)?: self.id = .number(id)
    default: id = try entry.id()
    }
  }
}
