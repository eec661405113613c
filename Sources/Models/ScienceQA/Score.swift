// The score of a model's answers: the table, what could not be judged, and the reference's own line.
// SPDX-License-Identifier: Apache-2.0

/// Sums of judgements.
public struct Score: Equatable, Sendable {
  public private(set) var table = ScoreTable()
  /// Of answers to questions with a picture, as the reference counts them.
  public private(set) var multimodal = Tally()
  public private(set) var guessed = 0
  private var outcomes: [Judgement.Outcome: Int] = [:]

  public init() {}

  public mutating func add(_ judgement: Judgement, to problem: SortedProblem, isMultimodal: Bool) {
    table.add(problem, isCorrect: judgement.isCorrect)
    outcomes[judgement.outcome, default: 0] += 1
    if isMultimodal { multimodal.add(isCorrect: judgement.isCorrect) }
    if judgement.isGuessed { guessed += 1 }
  }

  public func count(_ outcome: Judgement.Outcome) -> Int { outcomes[outcome] ?? 0 }

  /// Whether the reference counts an answer to `problem` as one about a picture: by the `<image>` in
  /// the question that it keeps; without one, by the problem's picture. A missing answer has none.
  public static func isMultimodal(_ answer: GivenAnswer?, to problem: SortedProblem) -> Bool {
    guard let answer else { return false }
    guard let prompt = answer.prompt else { return problem.hasImage }
    let placeholder = Array("<image>".utf8)
    let bytes = Array(prompt.utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: placeholder) }
  }
}
