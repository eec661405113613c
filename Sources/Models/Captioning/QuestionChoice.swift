// One of several questions for each picture, drawn by weight.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Randomness

/// Draws a question for a picture by the picture's path and the seed alone: the same in every run,
/// whatever other pictures there are.
public struct QuestionChoice: Sendable {
  private let weights: [Double]
  private let seed: UInt64

  /// `weights`: one for each of `count` questions, none for equal ones. Throws `usage/weights` for
  /// another number of them, and for one that is no number above 0.
  public init(of count: Int, weights: [Double], seed: UInt64) throws(Failure) {
    let weights = weights.isEmpty ? Array(repeating: 1, count: count) : weights
    guard weights.count == count else {
      throw Failure(
        .usage, code: "usage/weights",
        "expected a --weight for each of \(counted(count, "question")), found \(weights.count)")
    }
    if let bad = weights.first(where: { !($0 > 0 && $0 <= 1e9) }) {
      throw Failure(
        .usage, code: "usage/weights",
        "expected a --weight above 0 and at most 1000000000, found \(bad)")
    }
    (self.weights, self.seed) = (weights, seed)
  }

  /// The index of the question about `picture`.
  public func index(for picture: FilePath) -> Int {
    let place = nameHash(picture.shown)
    var rest =
      PlacedRandom(seed: seed, for: .questions, place).uniform(0) * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    return weights.count - 1
  }
}
