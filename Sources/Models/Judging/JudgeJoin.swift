// Questions joined with both models' answers.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// A question and its two answers.
public struct JudgeTriple: Sendable {
  public let question: JudgeEntry
  let reference: JudgeEntry
  let candidate: JudgeEntry
}

/// The three files of a judgement.
public struct JudgeFiles: Sendable {
  let questions: [JudgeEntry]
  let reference: [JudgeEntry]
  let candidate: [JudgeEntry]

  public init(questions: [JudgeEntry], reference: [JudgeEntry], candidate: [JudgeEntry]) {
    (self.questions, self.reference, self.candidate) = (questions, reference, candidate)
  }

  /// Joined by id, in the order of the questions. Throws `judge/id` for a record without one,
  /// `judge/duplicate`, and `judge/ids` unless each question has both answers, each answer its
  /// question, and the answers are not the questions themselves.
  public func joinedById() throws(Failure) -> [JudgeTriple] {
    let asked = try Self.index(questions, "question")
    let references = try Self.index(reference, "reference's answer to question")
    let candidates = try Self.index(candidate, "candidate's answer to question")
    try check(asked, references, "reference")
    try check(asked, candidates, "candidate")
    var triples: [JudgeTriple] = []
    for question in questions {
      let key = JudgeEntry.key(try question.id())
      guard let first = references[key], let second = candidates[key] else { continue }
      triples.append(
        JudgeTriple(
          question: question, reference: reference[first], candidate: candidate[second]))
    }
    try Self.refuseQuestions(triples, "reference", \.reference)
    try Self.refuseQuestions(triples, "candidate", \.candidate)
    return triples
  }

  /// Joined line by line up to the end of the shortest, as the reference does, and the number of
  /// lines whose ids are not the same.
  public func joinedByLine() throws(Failure) -> (triples: [JudgeTriple], mismatches: Int) {
    var triples: [JudgeTriple] = []
    var mismatches = 0
    for (index, question) in questions.enumerated() {
      guard index < reference.count, index < candidate.count else { break }
      let triple = JudgeTriple(
        question: question, reference: reference[index], candidate: candidate[index])
      let key = JudgeEntry.key(try question.id())
      let first = JudgeEntry.key(try reference[index].id())
      let second = JudgeEntry.key(try candidate[index].id())
      if first != key || second != key { mismatches += 1 }
      triples.append(triple)
    }
    return (triples, mismatches)
  }

  /// Throws where all answers are the questions: their file was named instead.
  private static func refuseQuestions(
    _ triples: [JudgeTriple], _ who: String, _ answer: (JudgeTriple) -> JudgeEntry
  ) throws(Failure) {
    let areQuestions = triples.allSatisfy { triple in
      let text = answer(triple).object["text"]
      return text?.string != nil && text == triple.question.object["text"]
    }
    guard triples.count > 1, areQuestions else { return }
    throw Failure(
      .mismatch, code: "judge/ids", "expected the \(who)'s answers, found the questions themselves",
      remedy: "see which file --\(who) names")
  }

  private static func index(_ entries: [JudgeEntry], _ what: String) throws(Failure)
    -> [ExactText: Int]
  {
    var index: [ExactText: Int] = [:]
    for (position, entry) in entries.enumerated() {
      let key = JudgeEntry.key(try entry.id())
      if let first = index.updateValue(position, forKey: key) {
        throw Failure(
          .invalidInput, code: "judge/duplicate", at: entry.place,
          "the \(what) \(escapedForTerminal(key.text)) stands at \(entries[first].place) already",
          remedy: "keep one of the two")
      }
    }
    return index
  }

  private func check(
    _ asked: [ExactText: Int], _ answered: [ExactText: Int], _ who: String
  ) throws(Failure) {
    let open = Self.missing(asked, answered)
    let alien = Self.missing(answered, asked)
    guard let example = open.first ?? alien.first else { return }
    let name = escapedForTerminal(example.text)
    let found =
      open.isEmpty
      ? "\(alien.count) of \(answered.count) answers have no question, such as \(name)"
      : "\(open.count) of \(asked.count) questions have no answer, such as \(name)"
    throw Failure(
      .mismatch, code: "judge/ids",
      "expected the \(who)'s answers to be those to the questions: \(found)",
      remedy: "see whether the files belong together; --compat joins them by line")
  }

  /// The ids of `index` that `other` lacks, in the order of their file.
  private static func missing(_ index: [ExactText: Int], _ other: [ExactText: Int]) -> [ExactText] {
    index.filter { other[$0.key] == nil }.sorted { $0.value < $1.value }.map(\.key)
  }
}
