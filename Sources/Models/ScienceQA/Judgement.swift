// Judges one answer: which choice it names, and whether that is right.
// SPDX-License-Identifier: Apache-2.0
import Randomness

/// How answers are judged.
public struct Judging: Sendable {
  /// The seed of random picks where no choice can be read. nil: such an answer is wrong.
  ///
  /// The reference's evaluation picked so until 11 October 2023, unseeded, and read the sentence
  /// alone; its scripts for GPT-4 still do.
  public var guessSeed: UInt64?

  public init(guessSeed: UInt64? = nil) { self.guessSeed = guessSeed }

  /// The rule by which a letter is found.
  public var rule: AnswerRule { guessSeed == nil ? .current : .sentenceOnly }

  /// `draw` tells the answers to one problem apart, so that each has a draw of its own.
  public func judge(_ answer: GivenAnswer?, to problem: SortedProblem, draw: UInt64 = 0)
    -> Judgement
  {
    let parsed = answer.map { ParsedAnswer($0.text, rule: rule) } ?? .failed
    var judgement = Judgement(parsed: parsed, index: parsed.index(choices: problem.choices))
    judgement.isThere = answer != nil
    judgement.expected = problem.answer
    // A missing answer is never made up.
    if judgement.index == nil, answer != nil, let guessSeed {
      judgement.isGuessed = true
      judgement.index = PlacedRandom(
        seed: guessSeed, for: .guessing, nameHash(problem.id), draw
      ).integer(below: problem.choices, 0)
    }
    return judgement
  }
}

/// What one answer comes to.
public struct Judgement: Equatable, Sendable {
  /// Why an answer names no choice.
  public enum Outcome: String, CaseIterable, Sendable {
    case answered
    case noAnswer = "no-answer"
    case notParsed = "not-parsed"
    case beyondChoices = "beyond-choices"
  }

  public let parsed: ParsedAnswer
  /// The choice from 0; nil where there is none.
  public fileprivate(set) var index: Int?
  public fileprivate(set) var expected = 0
  public fileprivate(set) var isGuessed = false
  fileprivate var isThere = true

  fileprivate init(parsed: ParsedAnswer, index: Int?) {
    (self.parsed, self.index) = (parsed, index)
  }

  public var isCorrect: Bool { index == expected }

  public var outcome: Outcome {
    if !isThere { return .noAnswer }
    if parsed == .failed { return .notParsed }
    return index == nil || isGuessed ? .beyondChoices : .answered
  }
}
