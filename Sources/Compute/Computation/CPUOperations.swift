// The operations on the processor's cores.
// SPDX-License-Identifier: Apache-2.0
import Kernels
import Tensors

/// `Operations` through the kernels of one row and a pool of threads.
public final class CPUOperations: Operations {
  let engine: Engine

  public var precision: Precision { engine.precision }

  /// The row in use: `amx`, `avx512bf16`, `avx512`, `avx2` or `scalar`.
  public var rowName: String { engine.kernels.name }

  public init(kernels: KernelSet, threads: Int, precision: Precision) throws(MissingBLAS) {
    engine = try Engine(kernels: kernels, threads: threads, precision: precision)
  }

  public func linear(_ x: Tensor, weight: Tensor, bias: Tensor?, activation: ProductActivation?)
    throws(AllocationError) -> Tensor
  {
    let y = try results(of: x, weight)
    engine.multiply(
      x.floats, rows: x.shape[0], by: [[product(x, weight, bias, .store(activation), into: y)]])
    keep(x, weight, bias, y)
    return y
  }

  public func addLinear(_ x: Tensor, weight: Tensor, bias: Tensor?, to y: Tensor) {
    engine.multiply(
      x.floats, rows: x.shape[0], by: [[product(x, weight, bias, .add, into: y)]])
    keep(x, weight, bias, y)
  }

  public func linears(_ x: Tensor, _ layers: [(weight: Tensor, bias: Tensor?)])
    throws(AllocationError) -> [Tensor]
  {
    let results = try layers.map { layer throws(AllocationError) in
      try self.results(of: x, layer.weight)
    }
    let lists = zip(layers, results).map { layer, y in
      [product(x, layer.weight, layer.bias, .store(nil), into: y)]
    }
    engine.multiply(x.floats, rows: x.shape[0], by: lists)
    withExtendedLifetime((x, layers, results)) {}
    return results
  }

  public func swiGLU(_ x: Tensor, gate: Tensor, up: Tensor) throws(AllocationError) -> Tensor {
    precondition(gate.shape == up.shape, "\(gate.shape) and \(up.shape) do not pair")
    let y = try results(of: x, gate)
    let list = [
      product(x, gate, nil, .store(nil), into: y), product(x, up, nil, .gate, into: y),
    ]
    engine.multiply(x.floats, rows: x.shape[0], by: [list])
    keep(x, gate, up, y)
    return y
  }

  private func results(of x: Tensor, _ weight: Tensor) throws(AllocationError) -> Tensor {
    try Tensor(uninitialized: .f32, shape: [x.shape[0], weight.shape[0]])
  }

  private func product(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ epilogue: Epilogue, into y: Tensor
  ) -> Engine.Product {
    let (rows, columns) = (x.shape[0], weight.shape[1])
    precondition(x.count == rows * columns, "\(x.shape) does not fit weight \(weight.shape)")
    precondition(bias.map { $0.count == weight.shape[0] } ?? true, "bias does not fit the weight")
    precondition(y.count == rows * weight.shape[0], "\(y.shape) does not fit the results")
    let matrix = WeightMatrix(
      base: weight.rawBase, type: weight.weightType, rows: weight.shape[0], columns: columns)
    return Engine.Product(by: matrix, bias: bias?.floats, epilogue, into: y.mutableFloats)
  }

  public func layerNorm(_ x: Tensor, gain: Tensor, bias: Tensor, eps: Float)
    throws(AllocationError) -> Tensor
  {
    let width = x.width
    precondition(gain.count == width && bias.count == width)
    let y = try Tensor(uninitialized: .f32, shape: x.shape)
    engine.layerNorm(
      x.floats, gain: gain.floats, bias: bias.floats, eps: eps, rows: x.count / width,
      width: width, into: y.mutableFloats)
    keep(x, gain, bias)
    return y
  }

  public func rmsNorm(_ x: Tensor, gain: Tensor, eps: Float) throws(AllocationError) -> Tensor {
    let width = x.width
    precondition(gain.count == width)
    let y = try Tensor(uninitialized: .f32, shape: x.shape)
    engine.rmsNorm(
      x.floats, gain: gain.floats, eps: eps, rows: x.count / width, width: width,
      into: y.mutableFloats)
    keep(x, gain)
    return y
  }

  public func add(_ y: Tensor, to x: Tensor) {
    precondition(x.count == y.count)
    engine.add(y.floats, to: x.mutableFloats, count: x.count)
    keep(x, y)
  }

  public func rows(_ ids: [Int32], of table: Tensor) throws(AllocationError) -> Tensor {
    let width = table.width
    let y = try Tensor(uninitialized: .f32, shape: [ids.count, width])
    for (row, id) in ids.enumerated() {
      precondition(id >= 0 && Int(id) < table.shape[0], "id \(id) outside the table")
      let source = table.rawBase + Int(id) * width * table.elementType.byteWidth
      engine.convertToF32(
        source, type: table.weightType, into: y.mutableFloats + row * width, count: width)
    }
    keep(table)
    return y
  }

  public func inParallel(_ count: Int, _ body: (Int) -> Void) {
    engine.pool.run(count) { task, _ in body(task) }
  }

  /// Keeps tensors alive past the use of their addresses.
  func keep(_ tensors: Tensor?...) { withExtendedLifetime(tensors) {} }
}
