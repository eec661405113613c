// The summary of a review file as llava/eval/summarize_gpt_review.py prints it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The pairs of a file by category, what is no pair as -1.
public struct ReferenceSummary: Sendable {
  private let name: String
  private var pairs: [ExactText: [ScorePair]] = [:]

  /// `path`: of the file, whose name is the first line.
  public init(path: String) {
    name = path == "-" ? "stdin" : splitPath(path).name
  }

  public mutating func add(_ review: JudgeReview) {
    let pair = review.pair ?? .unparsed
    if let category = review.category { pairs[ExactText(category), default: []].append(pair) }
    pairs[ExactText("all"), default: []].append(pair)
  }

  /// The name, a line for each category and for all, sorted, and a rule. Throws `judge/zero` where a
  /// mean by which the reference divides is 0.
  public func text() throws(Failure) -> String {
    var text = without(".jsonl", without("gpt4_text_", name)) + "\n"
    for (category, pairs) in pairs.sorted(by: { $0.key < $1.key }) {
      guard let means = ScoreMeans(of: pairs) else { continue }
      guard let line = means.line else {
        throw Failure(
          .invalidInput, code: "judge/zero", at: name,
          "\(escapedForTerminal(category.text)): expected a mean of the reference's scores to divide"
            + " by, found 0")
      }
      text += "\(category.text) \(line)\n"
    }
    return text + String(repeating: "=", count: 33) + "\n"
  }
}

/// `text` with every `word` left out.
private func without(_ word: String, _ text: String) -> String {
  String(decoding: Array(text.utf8).replacing(Array(word.utf8), with: []), as: UTF8.self)
}
