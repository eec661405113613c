// The gradients of a linear layer's input and weight.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

extension CPUOperations {
  public func inputGradient(_ dy: Tensor, weight: Weight) throws(AllocationError) -> Tensor {
    let rows = dy.shape[0]
    precondition(dy.count == rows * weight.rows, "\(dy.shape) does not fit \(weight.rows) rows")
    let dx = try Tensor(uninitialized: .f32, shape: [rows, weight.columns])
    engine.multiply(
      dy.floats, rows: rows, byColumnsOf: WeightMatrix(weight), into: dx.mutableFloats)
    keep(dy)
    keep([weight])
    return dx
  }

  public func addInputGradient(_ dy: Tensor, weight: Weight, to dx: Tensor) {
    let rows = dy.shape[0]
    precondition(dy.count == rows * weight.rows, "\(dy.shape) does not fit \(weight.rows) rows")
    precondition(dx.count == rows * weight.columns, "\(dx.shape) does not fit the results")
    engine.multiply(
      dy.floats, rows: rows, byColumnsOf: WeightMatrix(weight), adding: true,
      into: dx.mutableFloats)
    keep(dy, dx)
    keep([weight])
  }

  public func addWeightGradient(_ dy: Tensor, _ x: Tensor, to gradient: Tensor)
    throws(AllocationError)
  {
    let (rows, outputs, inputs) = (x.shape[0], dy.width, x.width)
    precondition(dy.shape[0] == rows && gradient.shape == [outputs, inputs])
    let transposed = try Tensor(uninitialized: .f32, shape: [outputs, rows])
    engine.transpose(dy.floats, rows: rows, columns: outputs, into: transposed.mutableFloats)
    engine.multiply(
      transposed.floats, rows: outputs, byColumnsOf: WeightMatrix(Weight(f32: x)), adding: true,
      into: gradient.mutableFloats)
    keep(dy, x, transposed, gradient)
  }
}
