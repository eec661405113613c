// What the kernels compute, as loops over plain arrays: every row, scalar too, is judged by it.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The unit roundoff of f32: one operation is off by at most this share of its result.
let roundoff = 0x1p-24

/// How far `count` additions in any order may be off, as a share of the sum of magnitudes.
///
/// Roundings partly cancel: six times the root of their number is passed by one result in 10^7
/// (Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis, theorem 2.4).
func additions(_ count: Int) -> Double { 6 * Double(count).squareRoot() * roundoff }

/// How a precision sees a number.
enum Rounding: CaseIterable {
  case bf16, f32

  func callAsFunction(_ value: Float) -> Double {
    self == .f32 ? Double(value) : nearestBF16(Double(value))
  }
}

/// The nearest number with bf16's 8 binary digits and f32's exponents, ties to even.
func nearestBF16(_ value: Double) -> Double {
  guard value.isFinite, value != 0 else { return value }
  let unit = Double(sign: .plus, exponent: max(value.exponent, -126) - 7, significand: 1)
  let nearest = (value / unit).rounded(.toNearestOrEven) * unit
  return abs(nearest) < 0x1p128 ? nearest : nearest * .infinity
}

/// Values and how far from each a result in f32 may lie.
struct Definition {
  var values: [Double] = []
  var bounds: [Double] = []

  /// x [m, k] times the transpose of w [n, k].
  ///
  /// An addition is off by `roundoff` of the sum so far (Higham, Accuracy and Stability of Numerical
  /// Algorithms, 3.3). A product may be rounded by itself, or join up to 31 others before they are
  /// added as one, as AMX does it: at most 32 roundings of the term's own size.
  init(product x: [Double], by w: [Double], m: Int, n: Int, k: Int) {
    for (row, output) in (0..<m).flatMap({ row in (0..<n).map { (row, $0) } }) {
      var (sum, steps) = (0.0, 0.0)
      for column in 0..<k {
        let term = x[row * k + column] * w[output * k + column]
        sum += term
        steps += abs(sum) + 32 * abs(term)
      }
      values.append(sum)
      // The sums in f32 differ a little from these; what is below 2^-126 may count as zero.
      bounds.append(steps * roundoff * 1.01 + Double(k) * 0x1p-126)
    }
  }

  /// One query's attention over keys [count, width] and values, given by column [width][count].
  ///
  /// `rounding` is that of the powers of e.
  init(
    query: [Double], keys: [[Double]], values columns: [[Double]], scale: Double,
    rounding: Rounding
  ) {
    let scores = keys.map { key in zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } }
    let sizes = keys.map { key in zip(query, key).reduce(0) { $0 + abs($1.0 * $1.1) } }
    let largest = scores.max() ?? 0
    let powers = scores.map { exp(($0 - largest) * scale) }
    let total = powers.reduce(0, +)
    // A power's relative error: its score's, that of the difference from the largest, and 4 units in
    // the exponential and in the factor of a block; a score of the largest terms may be any one's.
    let spread = largest - (scores.min() ?? 0)
    let score = additions(query.count) * (sizes.max() ?? 0) + 2 * roundoff * spread
    let power = score * scale + 8 * roundoff + (rounding == .bf16 ? 0x1p-9 : 0)
    for column in columns {
      values.append(zip(powers, column).reduce(0) { $0 + $1.0 * $1.1 } / total)
      let size = zip(powers, column).reduce(0) { $0 + abs($1.0 * $1.1) } / total
      // The sum of powers and that of values each add as many numbers and take each power once.
      bounds.append(size * 2 * (power + additions(keys.count)))
    }
  }
}
