// The scores of a model: by category and in all, over repeats, in both orders.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import InputOutput
import JSON

/// The result of the reviews of a category, or of all.
public struct JudgeGroup: Sendable {
  /// The category; nil for all.
  public let category: String?
  /// Questions with at least one review that counts.
  public let questions: Int
  public let reviews: Int
  public let unparsed: Int
  public let outOfRange: Int
  /// Nil where no review counts.
  public let means: ScoreMeans?
  public let interval: Interval?
  /// The relative score of each round that has one, where there are several rounds.
  public let rounds: [Double]

  public var scored: Int { reviews - unparsed - outOfRange }

  /// Over the rounds, as they are printed.
  public var spread: (mean: Double, deviation: Double)? { Judging.spread(rounds) }

  init(category: String?, _ items: [JudgeReviews.Item], _ bootstrap: Bootstrap) throws(Failure) {
    self.category = category
    reviews = items.count
    unparsed = items.count { $0.outcome == .unparsed }
    outOfRange = items.count { $0.outcome == .outOfRange }
    means = ScoreMeans(of: items.compactMap(\.pair))
    let byRound = Dictionary(grouping: items, by: \.round).sorted { $0.key < $1.key }
    rounds =
      byRound.count > 1
      ? byRound.compactMap { ScoreMeans(of: $0.value.compactMap(\.pair))?.relative } : []
    let sums = QuestionScores.all(of: items)
    questions = sums.count
    interval = try bootstrap.interval(sums.count) { QuestionScores.relative(sums, $0) }
  }
}

/// What all reviews of a question add up to.
struct QuestionScores {
  let question: ExactText
  let category: String?
  var reference = 0.0
  var candidate = 0.0
  var count = 0

  var meanCandidate: Double { candidate / Double(count) }

  /// Of the questions with reviews that count, sorted by id, so that files may come in any order.
  static func all(of items: [JudgeReviews.Item]) -> [QuestionScores] {
    var found: [ExactText: QuestionScores] = [:]
    for item in items {
      guard let pair = item.pair else { continue }
      let new = QuestionScores(question: item.question, category: item.review.category)
      found[item.question, default: new].add(pair)
    }
    return found.values.sorted { $0.question < $1.question }
  }

  private mutating func add(_ pair: ScorePair) {
    reference += pair.reference
    candidate += pair.candidate
    count += 1
  }

  /// 100 x candidate / reference over the questions at `places`, not rounded.
  static func relative(_ scores: [QuestionScores], _ places: [Int]) -> Double? {
    var (reference, candidate) = (0.0, 0.0)
    for place in places {
      reference += scores[place].reference
      candidate += scores[place].candidate
    }
    return reference > 0 ? candidate / reference * 100 : nil
  }
}

/// The position bias: the advantage of the answer that comes first.
public struct OrderBias: Sendable {
  /// Judgements of a question that were made in both orders and count in both.
  public let pairs: Int
  /// Points by which an answer scores higher when it comes first, on the judge's scale.
  public let advantage: Double
  /// Pairs in which another answer wins, or neither does, once the order is exchanged.
  public let flips: Int
  public let referenceFirst: Double?
  public let candidateFirst: Double?

  /// Nil where nothing was judged in both orders.
  init?(_ items: [JudgeReviews.Item]) {
    struct Judgement: Hashable {
      let question: ExactText
      let round: Int
    }
    var candidateFirst: [Judgement: ScorePair] = [:]
    for item in items where item.review.first == .candidate {
      candidateFirst[Judgement(question: item.question, round: item.round)] = item.pair
    }
    var (pairs, flips, sum) = (0, 0, 0.0)
    for item in items where item.review.first == .reference {
      let judgement = Judgement(question: item.question, round: item.round)
      guard let straight = item.pair, let exchanged = candidateFirst[judgement] else { continue }
      pairs += 1
      let lead = straight.candidate - straight.reference
      let other = exchanged.candidate - exchanged.reference
      sum += (other - lead) / 2
      if (lead > 0) != (other > 0) || (lead < 0) != (other < 0) { flips += 1 }
    }
    guard pairs > 0 else { return nil }
    (self.pairs, self.flips, advantage) = (pairs, flips, sum / Double(pairs))
    func relative(_ first: JudgeOrder) -> Double? {
      ScoreMeans(of: items.filter { $0.review.first == first }.compactMap(\.pair))?.relative
    }
    referenceFirst = relative(.reference)
    self.candidateFirst = relative(.candidate)
  }
}

/// Everything that reviews of one model say.
public struct JudgeReport: Sendable {
  /// By category, sorted; reviews without one are in `all` alone.
  public let categories: [JudgeGroup]
  public let all: JudgeGroup
  public let order: OrderBias?

  /// Throws `judge/none` where no review counts.
  public init(_ reviews: JudgeReviews, _ bootstrap: Bootstrap) throws(Failure) {
    let named = reviews.items.filter { $0.review.category != nil }
    let groups = Dictionary(grouping: named) { ExactText($0.review.category ?? "") }
    var categories: [JudgeGroup] = []
    for (name, items) in groups.sorted(by: { $0.key < $1.key }) {
      categories.append(try JudgeGroup(category: name.text, items, bootstrap))
    }
    self.categories = categories
    all = try JudgeGroup(category: nil, reviews.items, bootstrap)
    order = OrderBias(reviews.items)
    guard all.scored > 0 else {
      throw Failure(
        .invalidInput, code: "judge/none",
        "expected reviews with two scores, found none among \(counted(all.reviews, "review"))",
        remedy: "see the reasons above")
    }
  }
}
