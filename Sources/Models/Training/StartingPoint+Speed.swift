// How fast this machine multiplies with a model's own weights.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Operations
import Tensors

extension StartingPoint {
  /// Multiplications and additions a second of the products with one of the model's own weights,
  /// forward and backward.
  public func measuredSpeed(_ operations: any Operations) throws(AllocationError) -> Double {
    guard let weight = language.layers.first?.gate else { return 1e9 }
    let rows = 256
    let x = try Tensor(.f32, shape: [rows, weight.columns])
    let clock = ContinuousClock()
    var best = Duration.seconds(3600)
    for _ in 0..<2 {
      let begin = clock.now
      let y = try operations.linear(x, weight: weight, bias: nil)
      _ = try operations.inputGradient(y, weight: weight)
      best = min(best, clock.now - begin)
    }
    let work = 4 * Double(rows) * Double(weight.rows) * Double(weight.columns)
    return work / max(1e-6, best / .seconds(1))
  }
}
