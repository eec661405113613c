// Two models judged on the same questions, compared question by question.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The difference between two models on the questions of a category, or on all.
public struct PairedGroup: Sendable {
  /// The category; nil for all.
  public let category: String?
  public let questions: Int
  /// The mean over questions of the first candidate's mean score minus the second's.
  public let difference: Double
  public let interval: Interval?
  /// The first's relative score minus the second's, over the shared questions.
  public let relative: Double
  public let relativeInterval: Interval?
  public let wins: Int
  public let ties: Int
  public let losses: Int
  /// Of the two-sided sign test over wins and losses.
  public let p: Double

  init(
    category: String?, _ pairs: [(QuestionScores, QuestionScores)], _ bootstrap: Bootstrap
  ) throws(Failure) {
    self.category = category
    questions = pairs.count
    let differences = pairs.map { $0.meanCandidate - $1.meanCandidate }
    let (first, second) = (pairs.map(\.0), pairs.map(\.1))
    func mean(_ places: [Int]) -> Double {
      places.reduce(0) { $0 + differences[$1] } / Double(places.count)
    }
    func relative(_ places: [Int]) -> Double? {
      guard let one = QuestionScores.relative(first, places),
        let other = QuestionScores.relative(second, places)
      else { return nil }
      return one - other
    }
    let places = Array(pairs.indices)
    difference = mean(places)
    self.relative = relative(places) ?? 0
    interval = try bootstrap.interval(pairs.count, mean)
    relativeInterval = try bootstrap.interval(pairs.count, relative)
    // Means of decimals differ in their last bits where the scores do not.
    wins = differences.count { $0 > 1e-9 }
    losses = differences.count { $0 < -1e-9 }
    ties = pairs.count - wins - losses
    p = signTest(wins: wins, losses: losses)
  }
}

/// Two models on the questions that both were judged on.
public struct PairedComparison: Sendable {
  public let categories: [PairedGroup]
  public let all: PairedGroup
  /// Questions that only one of them has a score for.
  public let onlyFirst: Int
  public let onlySecond: Int

  /// Whether the judge read the answers of both models in the same orders.
  public let hasSameOrders: Bool

  /// Throws `judge/against` where they were judged by different references, share no question, or
  /// disagree about a category.
  public init(_ first: JudgeReviews, _ second: JudgeReviews, _ bootstrap: Bootstrap) throws(Failure)
  {
    if let one = first.referenceModel, let other = second.referenceModel,
      ExactText(one) != ExactText(other)
    {
      throw Self.fault(
        "expected both models to be judged by one reference, found \(escapedForTerminal(one)) and"
          + " \(escapedForTerminal(other))")
    }
    hasSameOrders =
      Set(first.items.map(\.review.first)) == Set(second.items.map(\.review.first))
    let ours = QuestionScores.all(of: first.items)
    let theirs = QuestionScores.all(of: second.items)
    let index = Dictionary(uniqueKeysWithValues: theirs.map { ($0.question, $0) })
    var pairs: [(QuestionScores, QuestionScores)] = []
    for scores in ours {
      guard let other = index[scores.question] else { continue }
      guard scores.category.map(ExactText.init) == other.category.map(ExactText.init) else {
        throw Self.fault(
          "expected question \(escapedForTerminal(scores.question.text)) to be of one category,"
            + " found \(escapedForTerminal(scores.category ?? "none")) and"
            + " \(escapedForTerminal(other.category ?? "none"))")
      }
      pairs.append((scores, other))
    }
    guard !pairs.isEmpty else {
      throw Self.fault("expected questions that both models were judged on, found none")
    }
    let named = pairs.filter { $0.0.category != nil }
    let groups = Dictionary(grouping: named) { ExactText($0.0.category ?? "") }
    var categories: [PairedGroup] = []
    for (name, own) in groups.sorted(by: { $0.key < $1.key }) {
      categories.append(try PairedGroup(category: name.text, own, bootstrap))
    }
    self.categories = categories
    all = try PairedGroup(category: nil, pairs, bootstrap)
    (onlyFirst, onlySecond) = (ours.count - pairs.count, theirs.count - pairs.count)
  }

  private static func fault(_ message: String) -> Failure {
    Failure(
      .mismatch, code: "judge/against", message, remedy: "see whether the reviews are of one set")
  }
}
