// The reviews of a model: what each counts for, and which judgement repeats which.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// Reviews of one candidate against one reference, gathered from files.
public struct JudgeReviews: Sendable {
  /// What became of a review.
  public enum Outcome: String, Sendable {
    case scored
    case unparsed
    case outOfRange = "out-of-range"
  }

  /// A review with its place among the others.
  public struct Item: Sendable {
    public let review: JudgeReview
    public let outcome: Outcome
    /// The question's id as the file has it.
    public let questionId: JSONValue
    public let question: ExactText
    /// Which file this is of those that judge the question in this order, from 1.
    let file: Int
    /// The number of the judgement of its question in this order, from 1: the repeats of the first
    /// file, then those of the next.
    public fileprivate(set) var round = 1

    /// The scores, where they count.
    var pair: ScorePair? { outcome == .scored ? review.pair : nil }
  }

  private struct Seen: Hashable {
    let question: ExactText
    let file: Int
    let number: Int
    let first: JudgeOrder
  }

  public private(set) var items: [Item] = []
  private var seen: Set<Seen> = []
  /// The files that judge a question with either answer first.
  private var files: [JudgeOrder: [ExactText: [Int]]] = [.reference: [:], .candidate: [:]]
  private var models: [String?] = [nil, nil]

  public init() {}

  public var referenceModel: String? { models[0] }
  public var candidateModel: String? { models[1] }

  /// Adds a review of file number `file`, from 0, and returns why its scores do not count, if so.
  ///
  /// Throws `judge/review` without a question's id or with a category that is the name of the total,
  /// `judge/duplicate`, and `judge/models`, which spoils the whole run.
  public mutating func add(_ review: JudgeReview, file: Int) throws(Failure) -> Failure? {
    guard let id = review.questionId else {
      throw Failure(
        .invalidInput, code: "judge/review", "expected `question_id` or `id`, a text or a number")
    }
    guard review.category.map(ExactText.init) != ExactText("all") else {
      throw Failure(
        .invalidInput, code: "judge/review", "expected another category than `all`, the total's")
    }
    try checkModels(review)
    let question = JudgeEntry.key(id)
    let seen = Seen(
      question: question, file: file, number: review.number, first: review.first)
    guard self.seen.insert(seen).inserted else {
      throw Failure(
        .invalidInput, code: "judge/duplicate",
        "a review of question \(escapedForTerminal(question.text)), \(review.first.rawValue) first,"
          + " repeat \(review.number), stands before already",
        remedy: "a judgement that was repeated has its number in `repeat`, or is in another file")
    }
    var known = files[review.first]?[question] ?? []
    if known.last != file { known.append(file) }
    files[review.first]?[question] = known
    let fault = review.fault
    let outcome: Outcome =
      fault == nil ? .scored : fault?.code == "judge/unparsed" ? .unparsed : .outOfRange
    items.append(
      Item(
        review: review, outcome: outcome, questionId: id, question: question,
        file: known.count))
    return fault
  }

  /// Numbers the rounds, once all reviews are there.
  public mutating func finish() {
    let places = Set(items.map { [$0.file, $0.review.number] })
    let sorted = places.sorted { $0.lexicographicallyPrecedes($1) }
    let rounds = Dictionary(uniqueKeysWithValues: zip(sorted, 1...max(1, sorted.count)))
    for index in items.indices {
      items[index].round = rounds[[items[index].file, items[index].review.number]] ?? 1
    }
  }

  /// How many reviews each round has, the first round first.
  public var roundSizes: [Int] {
    Dictionary(grouping: items, by: \.round).sorted { $0.key < $1.key }.map(\.value.count)
  }

  private mutating func checkModels(_ review: JudgeReview) throws(Failure) {
    for (index, name) in [review.referenceModel, review.candidateModel].enumerated() {
      guard let name, !name.isEmpty else { continue }
      let known = models[index] ?? name
      models[index] = known
      guard ExactText(known) == ExactText(name) else {
        throw Failure(
          .mismatch, code: "judge/models",
          "expected reviews of one \(index == 0 ? "reference" : "candidate"), found"
            + " \(escapedForTerminal(known)) and \(escapedForTerminal(name))",
          remedy: "score each by itself; --against compares two", kind: .wholeRun)
      }
    }
  }
}
