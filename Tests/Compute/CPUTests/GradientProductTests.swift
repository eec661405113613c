// What reaches a linear layer's input and weight, against naive loops, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors
import TestSupport
import Testing
import Threads

@testable import CPU

struct GradientProductTests {
  static let sets = KernelSet.runnable.map(\.name)

  struct Sizes: CustomTestStringConvertible {
    let rows, outputs, inputs: Int
    var testDescription: String { "\(rows) x \(outputs) x \(inputs)" }
  }

  static let sizes = [
    Sizes(rows: 1, outputs: 1, inputs: 1), Sizes(rows: 3, outputs: 17, inputs: 70),
    Sizes(rows: 33, outputs: 65, inputs: 70), Sizes(rows: 9, outputs: 300, inputs: 19),
    Sizes(rows: 800, outputs: 3, inputs: 34), Sizes(rows: 3, outputs: 2050, inputs: 9),
  ]

  /// Engines of one set: bf16, f32 through OpenBLAS where rows agree, f32 by the kernels.
  private func engines(_ set: String, threads: Int = 2) throws -> [Engine] {
    let kernels = try #require(KernelSet(named: set))
    let pool = ThreadPool(width: threads)
    return try [
      Engine(kernels: kernels, pool: pool, precision: .bf16),
      Engine(kernels: kernels, pool: pool, precision: .f32),
      Engine(kernels: kernels, pool: pool, precision: .f32, usesBLAS: false),
    ]
  }

  /// sum over j of a[i, j] b[j, k] in doubles, of numbers rounded as `precision` says.
  private func definition(
    _ a: [Float], _ b: [Float], rows: Int, inner: Int, columns: Int, _ precision: Precision
  ) -> [Float] {
    func rounded(_ x: Float) -> Double {
      Double(precision == .bf16 ? Float(bitPattern: UInt32(x.bf16) << 16) : x)
    }
    return (0..<rows).flatMap { i in
      (0..<columns).map { k in
        Float(
          (0..<inner).reduce(0.0) {
            $0 + rounded(a[i * inner + $1]) * rounded(b[$1 * columns + k])
          })
      }
    }
  }

  private func expectNear(_ found: [Float], _ expected: [Float], inner: Int, _ what: String) {
    #expect(found.count == expected.count && found.allSatisfy(\.isFinite), "\(what)")
    // Products of numbers of size at most 1, each addition rounded once.
    let bound = Float(inner + 1) * 0x1p-22
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= bound, "\(what): \(worst) above \(bound)")
  }

  @Test(arguments: sets, sizes)
  func inputGradientIsDyTimesW(set: String, sizes: Sizes) throws {
    var random = SeededGenerator(seed: 21)
    let dy = random.floats(sizes.rows * sizes.outputs)
    let w = random.floats(sizes.outputs * sizes.inputs)
    for engine in try engines(set) {
      defer { engine.pool.stop() }
      for type in [ElementType.f32, .bf16, .f16] {
        let operations = CPUOperations(engine: engine)
        let stored = try stored(w, shape: [sizes.outputs, sizes.inputs], as: type)
        let weight = try #require(Weight(stored))
        let found = try operations.inputGradient(
          Tensor(dy, shape: [sizes.rows, sizes.outputs]), weight: weight)
        #expect(found.shape == [sizes.rows, sizes.inputs])
        let expected = definition(
          dy, try stored.widened().floatValues, rows: sizes.rows, inner: sizes.outputs,
          columns: sizes.inputs, engine.precision)
        expectNear(found.floatValues, expected, inner: sizes.outputs, "\(type) \(sizes)")
      }
    }
  }

  @Test(arguments: sets, sizes)
  func weightGradientIsAddedToWhatIsThere(set: String, sizes: Sizes) throws {
    var random = SeededGenerator(seed: 22)
    let dy = random.floats(sizes.rows * sizes.outputs)
    let x = random.floats(sizes.rows * sizes.inputs)
    let start = random.floats(sizes.outputs * sizes.inputs)
    let transposed = (0..<sizes.outputs).flatMap { output in
      (0..<sizes.rows).map { dy[$0 * sizes.outputs + output] }
    }
    for engine in try engines(set) {
      defer { engine.pool.stop() }
      let gradient = try Tensor(start, shape: [sizes.outputs, sizes.inputs])
      try CPUOperations(engine: engine).addWeightGradient(
        Tensor(dy, shape: [sizes.rows, sizes.outputs]),
        Tensor(x, shape: [sizes.rows, sizes.inputs]), to: gradient)
      let product = definition(
        transposed, x, rows: sizes.outputs, inner: sizes.rows, columns: sizes.inputs,
        engine.precision)
      expectNear(
        gradient.floatValues, zip(start, product).map { $0 + $1 }, inner: sizes.rows, "\(sizes)")
    }
  }

  /// Neither the other rows nor the threads nor a second caller change a bit.
  @Test(arguments: sets)
  func bitsDoNotDependOnHowWorkIsCut(set: String) throws {
    var random = SeededGenerator(seed: 23)
    let (rows, outputs, inputs) = (800, 70, 330)
    let dy = try Tensor(random.floats(rows * outputs), shape: [rows, outputs])
    let x = try Tensor(random.floats(rows * inputs), shape: [rows, inputs])
    let weight = Weight(
      f32: try Tensor(random.floats(outputs * inputs), shape: [outputs, inputs]))
    func results(_ engine: Engine, rows: Range<Int>) throws -> (dx: [Float], dw: [Float]) {
      let operations = CPUOperations(engine: engine)
      let gradient = try Tensor(.f32, shape: [outputs, inputs])
      try operations.addWeightGradient(dy, x, to: gradient)
      let dx = try operations.inputGradient(dy.rows(rows), weight: weight)
      return (dx.floatValues, gradient.floatValues)
    }
    for (one, three) in zip(try engines(set, threads: 1), try engines(set, threads: 3)) {
      defer { three.pool.stop() }
      let whole = try results(one, rows: 0..<rows)
      for part in [0..<rows, 5..<6, 60..<125, 31..<800] {
        let found = try results(three, rows: part)
        #expect(found.dw == whole.dw)
        let expected = whole.dx[part.lowerBound * inputs..<part.upperBound * inputs]
        #expect(found.dx == Array(expected), "\(part) in \(one.precision)")
      }
    }
  }

  @Test func severalCallersShareAnEngine() async throws {
    let engine = try #require(try engines(Self.sets[0], threads: 3).first)
    defer { engine.pool.stop() }
    let operations = CPUOperations(engine: engine)
    var random = SeededGenerator(seed: 24)
    let x = try Tensor(random.floats(40 * 96), shape: [40, 96])
    let weight = Weight(f32: try Tensor(random.floats(130 * 96), shape: [130, 96]))
    let expected = try operations.linear(x, weight: weight, bias: nil).floatValues
    let agree = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try (0..<50).allSatisfy { _ in
            try operations.linear(x, weight: weight, bias: nil).floatValues == expected
          }
        }
      }
      return try await group.allSatisfy { $0 }
    }
    #expect(agree)
  }

  /// `values` as a tensor of another type.
  private func stored(_ values: [Float], shape: [Int], as type: ElementType) throws -> Tensor {
    switch type {
    case .f32: return try Tensor(values, shape: shape)
    default:
      let bits = values.map { type == .bf16 ? $0.bf16 : Float16($0).bitPattern }
      return try bits.withUnsafeBytes { try Tensor(type, shape: shape, copying: $0) }
    }
  }
}
