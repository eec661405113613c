// What a step of training does to whole arrays: the same bits on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct StepTests {
  static let sets = KernelSet.runnable.map(\.name)
  /// Around vectors, blocks of sums and blocks of threads.
  static let counts = [1, 15, 16, 17, 4095, 4096, 4097, 16_385, 70_003]

  private func operations(_ set: String, threads: Int = 3) throws -> CPUOperations {
    let kernels = try #require(KernelSet(named: set))
    return try CPUOperations(kernels: kernels, threads: threads, precision: .bf16)
  }

  /// What `body` makes on each set with one and with three threads is the same.
  private func expectSameBits<Result: Equatable>(_ body: (CPUOperations) throws -> Result) throws {
    var expected: Result?
    for set in Self.sets {
      for threads in [1, 3] {
        let operations = try operations(set, threads: threads)
        defer { operations.pool.stop() }
        let found = try body(operations)
        #expect(found == expected ?? found, "\(set) with \(threads) threads")
        expected = found
      }
    }
  }

  // MARK: AdamW

  private struct Moments {
    var parameter, first, second: [Double]

    /// The published algorithm, in doubles throughout.
    mutating func advance(_ gradient: [Float], _ step: AdamWStep) {
      let corrections = (
        1 - pow(step.beta1, Double(step.step)), 1 - pow(step.beta2, Double(step.step))
      )
      for index in parameter.indices {
        let g = Double(gradient[index]) * Double(step.gradientFactor)
        first[index] = step.beta1 * first[index] + (1 - step.beta1) * g
        second[index] = step.beta2 * second[index] + (1 - step.beta2) * g * g
        parameter[index] *= 1 - step.rate * step.decay
        parameter[index] -=
          step.rate * (first[index] / corrections.0)
          / ((second[index] / corrections.1).squareRoot() + step.eps)
      }
    }
  }

  @Test(arguments: sets)
  func adamWFollowsTheDefinition(set: String) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    for count in Self.counts where count < 5000 {
      var random = SeededGenerator(seed: 31)
      let start = random.floats(count)
      let parameter = try Tensor(start, shape: [count])
      let (first, second) = (try Tensor(.f32, shape: [count]), try Tensor(.f32, shape: [count]))
      let zeros = [Double](repeating: 0, count: count)
      var expected = Moments(parameter: start.map(Double.init), first: zeros, second: zeros)
      for number in 1...12 {
        let step = AdamWStep(
          rate: 1e-2 / Double(number), decay: 0.1, beta1: 0.9, beta2: 0.98, eps: 1e-6,
          step: number, gradientFactor: number % 3 == 0 ? 0.25 : 1)
        // Some gradients vanish, some are tiny beside eps.
        let gradient = random.floats(count).enumerated().map { index, value in
          index % 5 == 0 ? 0 : index % 7 == 0 ? value * 1e-7 : value
        }
        operations.adamW(
          parameter, gradient: try Tensor(gradient, shape: [count]), first: first, second: second,
          step)
        expected.advance(gradient, step)
      }
      expectClose(first.floatValues, expected.first.map(Float.init), relative: 1e-6)
      expectClose(second.floatValues, expected.second.map(Float.init), relative: 1e-6)
      expectClose(parameter.floatValues, expected.parameter.map(Float.init), relative: 2e-6)
    }
  }

  /// Three steps of PyTorch 2.15's `AdamW(lr=1e-3, weight_decay=0.01, foreach=False)`. It fuses a
  /// product that we round, so that a quarter of other numbers differ in the last bit.
  @Test(arguments: sets)
  func adamWAgreesWithPyTorch(set: String) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    let gradients: [[Float]] = [
      [0.1, -2, 1e-4, 0.03], [0.3, 0.7, -2e-4, 0], [-0.05, 1.5, 3e-4, -0.01],
    ]
    let parameter = try Tensor([0.02, -0.5, 1.25, -0.001] as [Float], shape: [4])
    let (first, second) = (try Tensor(.f32, shape: [4]), try Tensor(.f32, shape: [4]))
    for (number, gradient) in gradients.enumerated() {
      operations.adamW(
        parameter, gradient: try Tensor(gradient, shape: [4]), first: first, second: second,
        AdamWStep(rate: 1e-3, decay: 0.01, step: number + 1))
    }
    #expect(
      parameter.floatValues.map(\.bitPattern) == [
        0x3c8f_33c1, 0xbeff_58c3, 0x3f9f_dec1, 0xbb41_ee10,
      ])
  }

  @Test func adamWHasTheSameBitsEverywhere() throws {
    var random = SeededGenerator(seed: 32)
    let count = 70_003
    let (start, gradient) = (random.floats(count), random.floats(count))
    try expectSameBits { operations in
      let parameter = try Tensor(start, shape: [count])
      let (first, second) = (try Tensor(.f32, shape: [count]), try Tensor(.f32, shape: [count]))
      for number in 1...3 {
        operations.adamW(
          parameter, gradient: try Tensor(gradient, shape: [count]), first: first, second: second,
          AdamWStep(rate: 1e-3, decay: 0.01, step: number, gradientFactor: 0.3))
      }
      return [parameter, first, second].map(\.floatValues)
    }
  }

  // MARK: Norms and faults

  @Test(arguments: sets)
  func squaredNormIsExactToDoubles(set: String) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    var random = SeededGenerator(seed: 33)
    for count in Self.counts {
      let values = random.floats(count)
      let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      let found = operations.squaredNorm(try Tensor(values, shape: [count]))
      #expect(abs(found - expected) <= 1e-12 * expected, "\(count) elements")
    }
    // In f32 these squares would be infinite and 0.
    #expect(operations.squaredNorm(try Tensor([1e30, 0] as [Float], shape: [2])) > 0.99e60)
    #expect(operations.squaredNorm(try Tensor([1e-30] as [Float], shape: [1])) > 0.99e-60)
    #expect(operations.squaredNorm(try Tensor([1, .nan] as [Float], shape: [2])).isNaN)
    #expect(operations.squaredNorm(try Tensor([Float](), shape: [0])) == 0)
  }

  @Test func squaredNormHasTheSameBitsEverywhere() throws {
    var random = SeededGenerator(seed: 34)
    for count in Self.counts {
      let values = random.floats(count)
      try expectSameBits { $0.squaredNorm(try Tensor(values, shape: [count])).bitPattern }
    }
  }

  @Test(arguments: sets)
  func oneFaultAmongManyElementsIsFound(set: String) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    for count in Self.counts {
      // The largest numbers, whose sums and squares would not be finite.
      var values = (0..<count).map { $0 % 2 == 0 ? Float.greatestFiniteMagnitude : -0.0 }
      #expect(operations.finite(try Tensor(values, shape: [count])))
      for (place, fault) in [(0, Float.nan), (count / 2, .infinity), (count - 1, -.infinity)] {
        let good = values[place]
        values[place] = fault
        #expect(!operations.finite(try Tensor(values, shape: [count])), "\(fault) at \(place)")
        values[place] = good
      }
    }
    #expect(operations.finite(try Tensor([Float](), shape: [0])))
  }

  // MARK: In place

  @Test(arguments: sets)
  func scalingAndClearingReachEveryElement(set: String) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    var random = SeededGenerator(seed: 35)
    for count in Self.counts {
      let values = random.floats(count)
      let x = try Tensor(values, shape: [count])
      operations.scale(x, by: 0.3)
      #expect(x.floatValues == values.map { $0 * 0.3 })
      operations.clear(x)
      #expect(x.floatValues == [Float](repeating: 0, count: count))
    }
  }

  @Test(arguments: sets, [1, 5, 256, 257, 1000])
  func rowsAreAddedInTheirOrder(set: String, width: Int) throws {
    var random = SeededGenerator(seed: 36)
    let ids: [Int32] = [3, 0, 3, 3, 6, 0, 3]
    let x = random.floats(ids.count * width).enumerated().map { $1 * ($0 % 3 == 0 ? 1e4 : 1) }
    let start = random.floats(7 * width)
    var expected = start
    for (row, id) in ids.enumerated() {
      for column in 0..<width { expected[Int(id) * width + column] += x[row * width + column] }
    }
    for threads in [1, 3] {
      let operations = try operations(set, threads: threads)
      defer { operations.pool.stop() }
      let table = try Tensor(start, shape: [7, width])
      operations.addRows(try Tensor(x, shape: [ids.count, width]), to: table, at: ids)
      #expect(table.floatValues == expected)
    }
  }
}
