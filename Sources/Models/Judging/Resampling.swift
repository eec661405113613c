// Intervals and significance: what a number may owe to the questions that were drawn.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Randomness

/// A bootstrap over questions.
public struct Bootstrap: Sendable {
  /// The number of bootstrap resamples; 0 gives no interval.
  public let draws: Int
  public let seed: UInt64

  public init(draws: Int, seed: UInt64) {
    (self.draws, self.seed) = (draws, seed)
  }

  /// The middle 95% of `statistic` over draws of `count` out of `count` questions, with replacement:
  /// the percentiles 2.5 and 97.5, linear between two values. Nil where there are fewer than two
  /// questions, or a draw has no value.
  ///
  /// The draws depend on the seed and `count` alone, so that two statistics of the same questions are
  /// drawn alike.
  func interval(_ count: Int, _ statistic: ([Int]) -> Double?) throws(Failure) -> Interval? {
    guard draws > 0, count > 1 else { return nil }
    var values: [Double] = []
    var drawn = [Int](repeating: 0, count: count)
    let random = PlacedRandom(seed: seed, for: .resampling)
    for draw in 0..<draws {
      try Interruption.check("bootstrap")
      let row = random.at(UInt64(draw))
      for index in 0..<count { drawn[index] = row.integer(below: count, UInt64(index)) }
      guard let value = statistic(drawn) else { return nil }
      values.append(value)
    }
    values.sort()
    return Interval(low: percentile(values, 0.025), high: percentile(values, 0.975))
  }
}

/// Two bounds.
public struct Interval: Equatable, Sendable {
  public let low: Double
  public let high: Double
}

/// The value below which a `share` of `sorted` lies, linear between neighbours. Not empty.
func percentile(_ sorted: [Double], _ share: Double) -> Double {
  let place = share * Double(sorted.count - 1)
  let lower = Int(place)
  let upper = min(lower + 1, sorted.count - 1)
  return sorted[lower] + (sorted[upper] - sorted[lower]) * (place - Double(lower))
}

/// The mean and the sample's standard deviation (n - 1) of two values or more; nil for fewer.
func spread(_ values: [Double]) -> (mean: Double, deviation: Double)? {
  guard values.count > 1 else { return nil }
  let mean = values.reduce(0, +) / Double(values.count)
  let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
  return (mean, (squares / Double(values.count - 1)).squareRoot())
}

/// The two-sided p of the sign test: how often a fair coin falls at least as unevenly as `wins` to
/// `losses`. 1 where there are neither.
func signTest(wins: Int, losses: Int) -> Double {
  let count = wins + losses
  // The logarithm of the binomial coefficient: the number itself is beyond any float soon.
  var ways = 0.0
  var tail = 0.0
  for number in 0...min(wins, losses) {
    tail += exp(ways - Double(count) * M_LN2)
    ways += log(Double(count - number) / Double(number + 1))
  }
  return min(1, 2 * tail)
}
