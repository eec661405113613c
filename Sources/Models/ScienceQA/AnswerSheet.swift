// Given answers by their problems' ids, held against the problems as they are read.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// An answer as a model gave it.
public struct GivenAnswer: Equatable, Sendable {
  public var text: String
  /// The question as the reference's answer files keep it; nil where it is not there.
  public var prompt: String?
}

/// Answers to problems: at most one for each, and none to anything else.
public struct AnswerSheet: Sendable {
  /// How many problems an earlier tool skipped.
  public private(set) var skipped = 0
  /// How many problems have an answer.
  public var count: Int { answers.count }
  /// The file's name, for messages.
  public let name: String
  private var answers: [ExactText: GivenAnswer] = [:]
  private var seen: Set<ExactText> = []
  private let known: Set<ExactText>
  private let problems: String

  public init(for problems: ProblemSet, name: String) {
    known = Set(problems.ids.map(ExactText.init))
    self.problems = problems.name
    self.name = name
  }

  /// The answer to the problem `id`.
  public subscript(id: String) -> GivenAnswer? { answers[ExactText(id)] }

  /// Whether nothing was added, not even a skip.
  public var isEmpty: Bool { seen.isEmpty }

  /// Adds a record of vicuna-decode, chat-complete or the reference: an `id`, else `question_id`, that
  /// is a text or a number, and a `text`. An object with `outputs`, texts by id as the reference's
  /// results have them, adds all of those.
  ///
  /// Throws `scienceqa/answer`, or `scienceqa/unknown-id` and `scienceqa/duplicate-id`, which say that
  /// these are no answers to these problems.
  public mutating func add(_ record: Record) throws(Failure) {
    let object = record.object
    do throws(Failure) {
      if let outputs = object["outputs"]?.object, object["text"] == nil {
        return try add(outputs)
      }
      guard let id = identifier(object["id"]) ?? identifier(object["question_id"]) else {
        throw Failure(
          .invalidInput, code: "scienceqa/answer",
          "expected `id` or `question_id` to name a problem",
          remedy: "give each answer the id of its problem")
      }
      try claim(id)
      if SkipMark(of: object) != nil {
        skipped += 1
        return
      }
      guard let text = object["text"]?.string else { throw lacksText(object) }
      answers[ExactText(id)] = GivenAnswer(text: text, prompt: object["prompt"]?.string)
    } catch {
      throw error.at(record)
    }
  }

  private mutating func add(_ outputs: JSONObject) throws(Failure) {
    for (id, value) in outputs.members {
      try claim(id)
      guard let text = value.string else {
        throw Failure(
          .invalidInput, code: "scienceqa/answer",
          "problem \(shown(id)): expected the output to be a text, found \(kind(of: value))")
      }
      answers[ExactText(id)] = GivenAnswer(text: text, prompt: nil)
    }
  }

  private func lacksText(_ object: JSONObject) -> Failure {
    let found = object["text"].map { kind(of: $0) } ?? "none"
    let isQuestion = object["conversations"] != nil || object["messages"] != nil
    return Failure(
      .invalidInput, code: "scienceqa/answer", "expected `text` to be the answer, found \(found)",
      remedy: isQuestion && object["text"] == nil ? "these are questions: answer them first" : nil)
  }

  private mutating func claim(_ id: String) throws(Failure) {
    guard known.contains(ExactText(id)) else {
      throw Failure(
        .mismatch, code: "scienceqa/unknown-id",
        "an answer to problem \(shown(id)), which is none of the"
          + " \(grouped(known.count)) of \(escapedForTerminal(problems))",
        remedy: "name the split and the problems that were asked")
    }
    guard seen.insert(ExactText(id)).inserted else {
      throw Failure(
        .mismatch, code: "scienceqa/duplicate-id", "a second answer to problem \(shown(id))",
        remedy: "keep one answer to each problem")
    }
  }
}
