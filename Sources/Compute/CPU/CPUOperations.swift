// The operations on the processor's cores.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Operations
import Tensors
import Threads

/// `Operations` with one set of kernels and a pool of threads.
public final class CPUOperations: Operations {
  let engine: Engine
  /// The number format of keys and values in KV caches.
  let cacheFormat: CacheFormat

  public var precision: Precision { engine.precision }
  /// Where products are in bf16, those in f32 are our own kernels': what a run leaves must not depend
  /// on whether OpenBLAS is there.
  public var exact: any Operations {
    precision == .f32
      ? self
      : CPUOperations(
        engine: Engine(
          kernels: engine.kernels, pool: engine.pool, precision: .f32, usesBLAS: false))
  }
  /// The threads in use.
  public var pool: ThreadPool { engine.pool }

  /// The set of kernels in use: `amx`, `avx512bf16`, `avx512`, `avx2` or `scalar`.
  public var kernelSetName: String { engine.kernels.name }

  init(engine: Engine) { (self.engine, cacheFormat) = (engine, .bf16) }

  /// `pool` may serve others, too, such as the decoding of images.
  public init(
    kernels: KernelSet, pool: ThreadPool, precision: Precision,
    activations: ActivationFormat = .bf16, cache: CacheFormat = .bf16
  ) throws(MissingBLAS) {
    engine = try Engine(
      kernels: kernels, pool: pool, precision: precision, activations: activations)
    cacheFormat = cache
  }

  public convenience init(
    kernels: KernelSet, threads: Int, precision: Precision,
    activations: ActivationFormat = .bf16, cache: CacheFormat = .bf16
  ) throws(MissingBLAS) {
    try self.init(
      kernels: kernels, pool: ThreadPool(width: threads), precision: precision,
      activations: activations, cache: cache)
  }

  // MARK: Linear layers

  public func linear(_ x: Tensor, weight: Weight, bias: Weight?, activation: Activation?)
    throws(AllocationError) -> Tensor
  {
    let y = try results(of: x, weight)
    engine.multiply(
      x.floats, rows: x.shape[0], by: [[product(x, weight, bias, .store(activation), into: y)]])
    keep(x, y)
    keep([weight, bias])
    return y
  }

  public func addLinear(_ x: Tensor, weight: Weight, bias: Weight?, to y: Tensor) {
    engine.multiply(
      x.floats, rows: x.shape[0], by: [[product(x, weight, bias, .add, into: y)]])
    keep(x, y)
    keep([weight, bias])
  }

  public func linears(_ x: Tensor, _ layers: [(weight: Weight, bias: Weight?)])
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

  public func swiGLU(_ x: Tensor, gate: Weight, up: Weight) throws(AllocationError) -> Tensor {
    precondition(
      gate.rows == up.rows && gate.columns == up.columns, "gate and up do not pair")
    let y = try results(of: x, gate)
    let list = [
      product(x, gate, nil, .store(nil), into: y), product(x, up, nil, .gate, into: y),
    ]
    engine.multiply(x.floats, rows: x.shape[0], by: [list])
    keep(x, y)
    keep([gate, up])
    return y
  }

  private func results(of x: Tensor, _ weight: Weight) throws(AllocationError) -> Tensor {
    try Tensor(uninitialized: .f32, shape: [x.shape[0], weight.rows])
  }

  private func product(
    _ x: Tensor, _ weight: Weight, _ bias: Weight?, _ epilogue: Epilogue, into y: Tensor
  ) -> Engine.Product {
    let (rows, columns) = (x.shape[0], weight.columns)
    precondition(x.count == rows * columns, "\(x.shape) does not fit \(columns) columns")
    precondition(y.count == rows * weight.rows, "\(y.shape) does not fit the results")
    return Engine.Product(
      by: WeightMatrix(weight), bias: bias.map { floats(of: $0, count: weight.rows) }, epilogue,
      into: y.mutableFloats)
  }

  /// The elements of a gain or bias; valid while it is kept.
  func floats(of vector: Weight, count: Int) -> UnsafePointer<Float> {
    precondition(vector.format == .f32, "expected F32, found \(vector.format.name)")
    precondition(vector.rows * vector.columns == count, "a gain or bias of another width")
    return vector.rawBase.assumingMemoryBound(to: Float.self)
  }

  // MARK: Along rows

  public func layerNorm(_ x: Tensor, gain: Weight, bias: Weight, eps: Float)
    throws(AllocationError) -> Tensor
  {
    let width = x.width
    let y = try Tensor(uninitialized: .f32, shape: x.shape)
    engine.layerNorm(
      x.floats, gain: floats(of: gain, count: width), bias: floats(of: bias, count: width),
      eps: eps, rows: x.count / width,
      width: width, into: y.mutableFloats)
    keep(x)
    keep([gain, bias])
    return y
  }

  public func rmsNorm(_ x: Tensor, gain: Weight, eps: Float) throws(AllocationError) -> Tensor {
    let width = x.width
    let y = try Tensor(uninitialized: .f32, shape: x.shape)
    engine.rmsNorm(
      x.floats, gain: floats(of: gain, count: width), eps: eps, rows: x.count / width, width: width,
      into: y.mutableFloats)
    keep(x)
    keep([gain])
    return y
  }

  public func add(_ y: Tensor, to x: Tensor) {
    precondition(x.count == y.count)
    engine.add(y.floats, to: x.mutableFloats, count: x.count)
    keep(x, y)
  }

  /// Keeps what it is given alive past the use of addresses.
  func keep(_ tensors: Tensor?...) { withExtendedLifetime(tensors) {} }
  func keep(_ weights: [Weight?]) { withExtendedLifetime(weights) {} }
}
