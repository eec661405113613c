// The operations of a training step on parameters, gradients and activations, on the processor.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Glibc
import Operations
import Tensors

extension CPUOperations {
  public func adamW(
    _ parameter: Tensor, gradient: Tensor, first: Tensor, second: Tensor, _ step: AdamWStep
  ) {
    let arrays = [parameter, gradient, first, second]
    precondition(
      arrays.allSatisfy { $0.count == parameter.count && $0.elementType == .f32 },
      "a parameter, its gradient and its moments do not fit together")
    precondition(step.step >= 1, "step \(step.step): the first is 1")
    let function = engine.vectors.training.adamw
    engine.forRowBlocks(parameter.count, width: 1) {
      var scalars = llava_adamw(step)
      let start = $0.lowerBound
      function(
        parameter.mutableFloats + start, gradient.floats + start, first.mutableFloats + start,
        second.mutableFloats + start, &scalars, $0.count)
    }
    withExtendedLifetime(arrays) {}
  }

  public func squares(_ x: Tensor) -> [Double] {
    let (function, size) = (engine.vectors.training.squared_norm, normBlock)
    let squares = values(blocks: (x.count + size - 1) / size) { block in
      function(x.floats + block * size, min(size, x.count - block * size))
    }
    keep(x)
    return squares
  }

  public func finite(_ x: Tensor) -> Bool {
    let function = engine.vectors.training.finite
    let size = 16384
    let faults = values(blocks: (x.count + size - 1) / size) { block in
      function(x.floats + block * size, min(size, x.count - block * size)) == 0 ? 1 : 0
    }
    keep(x)
    return faults.allSatisfy { $0 == 0 }
  }

  /// The results of the blocks, computed in parallel.
  private func values(blocks: Int, _ body: (Int) -> Double) -> [Double] {
    [Double](unsafeUninitializedCapacity: blocks) { sums, count in
      nonisolated(unsafe) let sums = sums
      engine.forRowBlocks(blocks, width: 4096) {
        for block in $0 { sums.initializeElement(at: block, to: body(block)) }
      }
      count = blocks
    }
  }

  public func scale(_ x: Tensor, by factor: Float) {
    let function = engine.vectors.scale
    engine.forRowBlocks(x.count, width: 1) {
      function(x.mutableFloats + $0.lowerBound, factor, $0.count)
    }
    keep(x)
  }

  public func clear(_ x: Tensor) {
    let size = x.elementType.byteWidth
    engine.forRowBlocks(x.count, width: 1) {
      _ = memset(x.mutableRawBase + $0.lowerBound * size, 0, $0.count * size)
    }
    keep(x)
  }

  public func transpose(_ x: Tensor, into y: Tensor) {
    precondition(x.count == y.count && y.shape == x.shape.reversed(), "\(y.shape) for \(x.shape)")
    engine.transpose(x.floats, rows: x.shape[0], columns: x.width, into: y.mutableFloats)
    keep(x, y)
  }

  public func dropout(_ x: Tensor, _ mask: DropoutMask) throws(AllocationError) -> Tensor {
    let (rows, width) = (mask.rowKeys.count, x.width)
    precondition(x.count == rows * width, "\(x.shape) for \(rows) keys")
    let y = try Tensor(uninitialized: .f32, shape: x.shape)
    let function = engine.vectors.training.dropout
    let (threshold, factor) = (UInt32(mask.rate * 0x1p32), Float(1 / (1 - mask.rate)))
    engine.forRowBlocks(rows, width: width) {
      for row in $0 {
        function(
          y.mutableFloats + row * width, x.floats + row * width, mask.rowKeys[row], threshold,
          factor, width)
      }
    }
    keep(x)
    return y
  }

  public func addRows(_ x: Tensor, to table: Tensor, at ids: [Int32]) {
    let (width, function) = (x.width, engine.vectors.add)
    precondition(table.width == width && x.count == ids.count * width, "rows of another width")
    let rows = 0..<table.count / max(1, width)
    precondition(ids.allSatisfy { rows ~= Int($0) }, "an id beyond the table")
    engine.forColumnBlocks(width) { columns in
      for (row, id) in ids.enumerated() {
        function(
          table.mutableFloats + Int(id) * width + columns.lowerBound,
          x.floats + row * width + columns.lowerBound, columns.count)
      }
    }
    keep(x, table)
  }
}

extension llava_adamw {
  /// Scalars are computed in double and rounded once, as PyTorch's are.
  fileprivate init(_ step: AdamWStep) {
    let count = Double(step.step)
    self.init(
      gradient_factor: step.gradientFactor, kept: Float(1 - step.rate * step.decay),
      rate: Float(step.rate / (1 - pow(step.beta1, count))), first_share: Float(1 - step.beta1),
      second_kept: Float(step.beta2), second_share: Float(1 - step.beta2),
      second_correction: Float((1 - pow(step.beta2, count)).squareRoot()), eps: Float(step.eps))
  }
}
