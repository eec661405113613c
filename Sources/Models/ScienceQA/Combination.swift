// Joins two models' answers to ScienceQA, by the two schemes of the LLaVA paper.
// SPDX-License-Identifier: Apache-2.0

/// How two models' answers are combined (LLaVA paper, section 5.2).
public enum CombinationScheme: String, CaseIterable, Sendable {
  /// The other model's answer, ours where it has none.
  case complement
  /// What a judge picks who saw both, ours where there is no pick that can be read.
  case judge
}

/// Sums over problems. `llava/eval/eval_science_qa_gpt4.py` and `eval_science_qa_gpt4_requery.py`
/// compute the same, but for their random picks.
public struct Combination: Sendable {
  /// The judged answers to one problem.
  public struct Case: Equatable, Sendable {
    public let ours: Judgement
    public let other: Judgement
    public let judge: Judgement

    public init(ours: Judgement, other: Judgement, judge: Judgement) {
      (self.ours, self.other, self.judge) = (ours, other, judge)
    }

    /// Whether a judge must say which is right: the other model answered, and something else.
    public var needsJudge: Bool { other.parsed != .failed && other.parsed != ours.parsed }

    /// What the other model's answer, completed by ours, comes to.
    public var complement: Judgement { other.parsed == .failed ? ours : other }

    /// What the scheme makes of it.
    public func combined(_ scheme: CombinationScheme) -> Judgement {
      switch scheme {
      case .complement: complement
      case .judge: judge.parsed == .failed ? ours : judge
      }
    }
  }

  public let scheme: CombinationScheme
  public private(set) var ours = Tally()
  public private(set) var other = Tally()
  public private(set) var complement = Tally()
  /// Either is right.
  public private(set) var upperBound = Tally()
  /// Of what the scheme makes of them.
  public private(set) var table = ScoreTable()
  public private(set) var otherWithoutAnswer = 0
  /// Problems without an answer of ours that can be read.
  public private(set) var oursWithoutAnswer = 0
  /// Where the two differ, and where the judge then said nothing that can be read.
  public private(set) var different = 0
  public private(set) var unjudged = 0

  public init(_ scheme: CombinationScheme) { self.scheme = scheme }

  public mutating func add(_ answers: Case, to problem: SortedProblem) {
    ours.add(isCorrect: answers.ours.isCorrect)
    other.add(isCorrect: answers.other.isCorrect)
    complement.add(isCorrect: answers.complement.isCorrect)
    // The complement's script counts the other model's guess as ours.
    let theirs = scheme == .complement ? answers.complement : answers.other
    upperBound.add(isCorrect: answers.ours.isCorrect || theirs.isCorrect)
    table.add(problem, isCorrect: answers.combined(scheme).isCorrect)
    if answers.other.parsed == .failed { otherWithoutAnswer += 1 }
    if answers.ours.parsed == .failed { oursWithoutAnswer += 1 }
    if answers.needsJudge {
      different += 1
      if answers.judge.parsed == .failed { unjudged += 1 }
    }
  }
}
