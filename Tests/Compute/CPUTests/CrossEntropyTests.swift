// Cross-entropy and its gradient, against the definition in doubles, on every set of kernels.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Operations
import Tensors
import TestSupport
import Testing

@testable import CPU

struct CrossEntropyTests {
  static let sets = KernelSet.runnable.map(\.name)
  static let vocabularies = [1, 2, 15, 16, 17, 33, 1000, 32_003]

  private func operations(_ set: String, threads: Int = 2) throws -> CPUOperations {
    let kernels = try #require(KernelSet(named: set))
    return try CPUOperations(kernels: kernels, threads: threads, precision: .bf16)
  }

  private func loss(_ x: [Double], label: Int) -> Double {
    let largest = x.max() ?? 0
    return log(x.reduce(0) { $0 + exp($1 - largest) }) + largest - x[label]
  }

  private func gradient(_ x: [Double], label: Int, factor: Double) -> [Double] {
    let largest = x.max() ?? 0
    let powers = x.map { exp($0 - largest) }
    let total = powers.reduce(0, +)
    return x.indices.map { factor * (powers[$0] / total - ($0 == label ? 1 : 0)) }
  }

  /// Labels at both ends; logits as a model has them, and far larger.
  @Test(arguments: sets)
  func lossAndGradientAgreeWithTheDefinition(set: String) throws {
    let functions = try #require(KernelSet(named: set)).functions.pointee.vectors.gradients
    for vocabulary in Self.vocabularies {
      for (size, label) in [(3, 0), (30, vocabulary - 1), (1e4, vocabulary / 2)] as [(Float, Int)] {
        let logits = SeededGenerator.floats(vocabulary, seed: 61).map { $0 * size }
        let x = Guarded(logits)
        let loss = functions.cross_entropy(x.floats, label, vocabulary, 0.125)
        let point = logits.map(Double.init)
        let what = "\(vocabulary) of size \(size)"
        let expected = self.loss(point, label: label)
        expectClose([loss], [expected], within: [2e-6 * max(1, expected)], what)
        let gradient = self.gradient(point, label: label, factor: 0.125)
        // A logit is known to roundoff of its distance from the largest.
        let bounds = gradient.map { abs($0) * 4e-6 + 1e-9 }
        expectClose(x.values(vocabulary), gradient, within: bounds, what)
      }
    }
  }

  @Test(arguments: sets, [1, 2, 17, 33])
  func gradientAgreesWithDifferences(set: String, vocabulary: Int) throws {
    let functions = try #require(KernelSet(named: set)).functions.pointee.vectors.gradients
    for label in Set([0, vocabulary / 2, vocabulary - 1]) {
      let logits = SeededGenerator.floats(vocabulary, seed: 62).map { $0 * 4 }
      let x = Guarded(logits)
      _ = functions.cross_entropy(x.floats, label, vocabulary, 1)
      let expected = derivative(at: logits.map(Double.init)) { loss($0, label: label) }
      expectClose(x.values(vocabulary), expected, within: expected.map { _ in 1e-6 })
    }
  }

  /// Rows do not know of each other, nor of the threads.
  @Test(arguments: sets)
  func rowsAreAlone(set: String) throws {
    let (rows, vocabulary) = (37, 1003)
    let logits = SeededGenerator.floats(rows * vocabulary, seed: 63).map { $0 * 9 }
    let labels = (0..<rows).map { Int32($0 * 331 % vocabulary) }
    func run(_ threads: Int, _ part: Range<Int>) throws -> (losses: [Float], gradient: [Float]) {
      let operations = try operations(set, threads: threads)
      defer { operations.pool.stop() }
      let x = try Tensor(
        Array(logits[part.lowerBound * vocabulary..<part.upperBound * vocabulary]),
        shape: [part.count, vocabulary])
      let losses = operations.crossEntropy(x, labels: Array(labels[part]), factor: 0.5)
      return (losses, x.floatValues)
    }
    let whole = try run(1, 0..<rows)
    for part in [0..<rows, 0..<1, 16..<37, 36..<37] {
      let found = try run(3, part)
      #expect(found.losses == Array(whole.losses[part]))
      let lines = part.lowerBound * vocabulary..<part.upperBound * vocabulary
      #expect(found.gradient == Array(whole.gradient[lines]))
    }
    #expect(try run(3, 5..<5).losses.isEmpty)
  }

  /// What is not finite shows in the loss of its row and in no other.
  @Test(arguments: sets, [Float.nan, .infinity])
  func faultsStayInTheirRow(set: String, fault: Float) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    for place in [0, 20, 40] {
      var logits = SeededGenerator.floats(3 * 41, seed: 64)
      logits[41 + place] = fault
      let x = try Tensor(logits, shape: [3, 41])
      let losses = operations.crossEntropy(x, labels: [0, 7, 40], factor: 1)
      #expect(losses.map(\.isFinite) == [true, false, true])
      let dead = x.floatValues.map(\.isFinite)
      #expect(dead == (0..<3 * 41).map { !(41..<82 ~= $0) })
    }
  }

  /// What a mask made impossible takes nothing; as a label it costs everything.
  @Test(arguments: sets)
  func impossibleTokensTakeNothing(set: String) throws {
    let operations = try operations(set)
    defer { operations.pool.stop() }
    let x = try Tensor([1, -.infinity, 1, 0, -.infinity, 0] as [Float], shape: [2, 3])
    let losses = operations.crossEntropy(x, labels: [0, 1], factor: 2)
    #expect(abs(losses[0] - Float(log(2.0))) < 1e-6 && losses[1] == .infinity)
    expectClose(x.floatValues, [-1, 0, 1, 1, -2, 1], relative: 1e-6)
  }
}
