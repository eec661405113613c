// Mean scores and their ratio, rounded where the reference rounds.
// SPDX-License-Identifier: Apache-2.0
import Decimals

/// The means of pairs and the relative score, as llava/eval/summarize_gpt_review.py prints them.
public struct ScoreMeans: Equatable, Sendable {
  /// To three decimals, on the judge's scale.
  public let reference: Double
  public let candidate: Double

  /// Nil without pairs. Sums go in the order of the pairs, as NumPy's over the rows of an array do.
  public init?(of pairs: [ScorePair]) {
    guard !pairs.isEmpty else { return nil }
    var (first, second) = (0.0, 0.0)
    for pair in pairs {
      first += pair.reference
      second += pair.candidate
    }
    reference = rounded(first / Double(pairs.count), places: 3)
    candidate = rounded(second / Double(pairs.count), places: 3)
  }

  /// 100 x candidate / reference to one decimal; nil where the reference's mean is 0, by which Python
  /// does not divide.
  public var relative: Double? {
    reference == 0 ? nil : rounded(candidate / reference * 100, places: 1)
  }

  /// The means times ten to one decimal.
  public var referenceTimesTen: Double { rounded(reference * 10, places: 1) }
  public var candidateTimesTen: Double { rounded(candidate * 10, places: 1) }

  /// `107.1 75.0 80.0`, as Python prints it; nil where there is no relative score.
  public var line: String? {
    guard let relative else { return nil }
    return [relative, referenceTimesTen, candidateTimesTen].map { pythonText($0) }
      .joined(separator: " ")
  }
}
