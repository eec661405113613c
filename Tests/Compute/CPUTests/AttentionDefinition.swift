// Attention of grouped heads, causal or of all to all, and what reaches its inputs, as loops over doubles.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One sequence; rows are heads * width, keys and values keyHeads * width.
struct AttentionDefinition {
  let length, heads, keyHeads, width: Int
  let isCausal: Bool
  var query, keys, values: [Double]

  private var scale: Double { 1 / Double(width).squareRoot() }

  private func at(_ row: Int, _ head: Int) -> Int { (row * heads + head) * width }
  private func keyAt(_ row: Int, _ head: Int) -> Int {
    (row * keyHeads + head * keyHeads / heads) * width
  }

  /// The rows that row `row` sees.
  private func seen(_ row: Int) -> Range<Int> { 0..<(isCausal ? row + 1 : length) }

  /// The shares of the rows that row `row` sees.
  private func shares(_ row: Int, _ head: Int) -> [Double] {
    let q = at(row, head)
    let scores = seen(row).map { other in
      let key = keyAt(other, head)
      return (0..<width).reduce(0.0) { $0 + query[q + $1] * keys[key + $1] } * scale
    }
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }

  func output() -> [Double] {
    var out = [Double](repeating: 0, count: query.count)
    for row in 0..<length {
      for head in 0..<heads {
        for (other, share) in shares(row, head).enumerated() {
          let (target, value) = (at(row, head), keyAt(other, head))
          for column in 0..<width { out[target + column] += share * values[value + column] }
        }
      }
    }
    return out
  }

  /// With shares P: dV = P^T dy, dP = dy V^T, dS = P (dP - sum P dP), dQ = dS K, dK = dS^T Q.
  func gradient(_ dy: [Double]) -> (query: [Double], keys: [Double], values: [Double]) {
    var dquery = [Double](repeating: 0, count: query.count)
    var dkeys = [Double](repeating: 0, count: keys.count)
    var dvalues = dkeys
    for row in 0..<length {
      for head in 0..<heads {
        let (shares, q) = (shares(row, head), at(row, head))
        let dshares = seen(row).map { other in
          let value = keyAt(other, head)
          return (0..<width).reduce(0.0) { $0 + dy[q + $1] * values[value + $1] }
        }
        let mean = zip(shares, dshares).reduce(0) { $0 + $1.0 * $1.1 }
        for other in seen(row) {
          let key = keyAt(other, head)
          let dscore = shares[other] * (dshares[other] - mean) * scale
          for column in 0..<width {
            dvalues[key + column] += shares[other] * dy[q + column]
            dquery[q + column] += dscore * keys[key + column]
            dkeys[key + column] += dscore * query[q + column]
          }
        }
      }
    }
    return (dquery, dkeys, dvalues)
  }
}
