// Derivatives of definitions in doubles, by differences.
// SPDX-License-Identifier: Apache-2.0

/// The derivative of `loss` in each element of x: the central difference of order 4, whose error is
/// about 1e-11 of the function's size where that changes over lengths of about 1.
func derivative(at x: [Double], of loss: ([Double]) -> Double) -> [Double] {
  let step = 0x1p-9
  return x.indices.map { index in
    func moved(_ steps: Double) -> Double {
      var moved = x
      moved[index] += steps * step
      return loss(moved)
    }
    return (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step)
  }
}

/// Sum over i of a[i] b[i]: the loss whose gradient in b is a.
func dot(_ a: [Float], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * $1.1 } }

extension Guarded {
  /// The first `count` numbers.
  func values(_ count: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: floats, count: count))
  }
}
