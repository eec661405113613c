// Squares of the columns of activations, for the importance matrix of a model.
// SPDX-License-Identifier: Apache-2.0
import Tensors

extension Operations {
  /// sums[c] += the square of x[r, c] for each row of x [rows, sums.count], in f64, row after row, on
  /// the calling thread: the same bits for any number of threads.
  public func addSquares(of x: Tensor, to sums: inout [Double]) throws(AllocationError) {
    precondition(x.width == sums.count, "\(sums.count) sums for columns of \(x.shape)")
    let here = try download(x)
    let (floats, width) = (here.floats, sums.count)
    sums.withUnsafeMutableBufferPointer { sums in
      for start in stride(from: 0, to: here.count, by: max(1, width)) {
        for column in 0..<width {
          let value = Double(floats[start + column])
          sums[column] += value * value
        }
      }
    }
    withExtendedLifetime(here) {}
  }
}
