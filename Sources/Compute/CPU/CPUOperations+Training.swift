// Functions whose inputs are kept for their gradients, and those gradients.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Operations
import Tensors

extension CPUOperations {
  public func addBiasGradient(_ dy: Tensor, to gradient: Tensor) {
    let (rows, width) = (dy.shape[0], dy.width)
    precondition(gradient.count == width)
    engine.forColumnBlocks(width) { columns in
      for row in 0..<rows {
        self.engine.vectors.add(
          gradient.mutableFloats + columns.lowerBound, dy.floats + row * width + columns.lowerBound,
          columns.count)
      }
    }
    keep(dy, gradient)
  }

  public func activate(_ x: Tensor, _ activation: Activation) throws(AllocationError) -> Tensor {
    let y = try copy(of: x)
    let function =
      activation == .gelu ? engine.vectors.gelu : engine.vectors.quick_gelu
    engine.forRowBlocks(x.count, width: 1) { function(y.mutableFloats + $0.lowerBound, $0.count) }
    return y
  }

  public func activationGradient(_ dy: Tensor, of x: Tensor, _ activation: Activation)
    throws(AllocationError) -> Tensor
  {
    precondition(dy.count == x.count)
    let dx = try Tensor(uninitialized: .f32, shape: x.shape)
    let gradients = engine.vectors.gradients
    let function = activation == .gelu ? gradients.gelu : gradients.quick_gelu
    engine.forRowBlocks(x.count, width: 1) {
      function(
        dx.mutableFloats + $0.lowerBound, dy.floats + $0.lowerBound, x.floats + $0.lowerBound,
        $0.count)
    }
    keep(dy, x)
    return dx
  }

  public func gate(_ gate: Tensor, _ up: Tensor) throws(AllocationError) -> Tensor {
    precondition(gate.count == up.count)
    let y = try copy(of: gate)
    let function = engine.vectors.silu_multiply
    engine.forRowBlocks(y.count, width: 1) {
      function(y.mutableFloats + $0.lowerBound, up.floats + $0.lowerBound, $0.count)
    }
    keep(up)
    return y
  }

  public func gateGradient(_ dy: Tensor, gate: Tensor, up: Tensor) throws(AllocationError)
    -> (gate: Tensor, up: Tensor)
  {
    precondition(dy.count == gate.count && dy.count == up.count)
    let dgate = try Tensor(uninitialized: .f32, shape: gate.shape)
    let dup = try Tensor(uninitialized: .f32, shape: up.shape)
    let function = engine.vectors.gradients.silu_multiply
    engine.forRowBlocks(dy.count, width: 1) {
      let start = $0.lowerBound
      function(
        dgate.mutableFloats + start, dup.mutableFloats + start, dy.floats + start,
        gate.floats + start, up.floats + start, $0.count)
    }
    keep(dy, gate, up)
    return (dgate, dup)
  }

  public func crossEntropy(_ logits: Tensor, labels: [Int32], factor: Float) -> [Float] {
    let width = logits.width
    precondition(logits.count == labels.count * width, "\(logits.shape) for \(labels.count) labels")
    precondition(labels.allSatisfy { 0..<width ~= Int($0) }, "a label beyond the vocabulary")
    let function = engine.vectors.gradients.cross_entropy
    var losses = [Float](repeating: 0, count: labels.count)
    losses.withUnsafeMutableBufferPointer { losses in
      nonisolated(unsafe) let losses = losses
      engine.forRowBlocks(labels.count, width: width) { block in
        for row in block {
          losses[row] = function(
            logits.mutableFloats + row * width, Int(labels[row]), width, factor)
        }
      }
    }
    keep(logits)
    return losses
  }

  private func copy(of x: Tensor) throws(AllocationError) -> Tensor {
    let y = try Tensor(uninitialized: .f32, shape: x.shape)
    y.mutableFloats.update(from: x.floats, count: x.count)
    keep(x)
    return y
  }
}
