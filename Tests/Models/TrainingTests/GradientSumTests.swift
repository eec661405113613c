// The sum of micro-batches' gradients is one binary tree, whatever was summed before.
// SPDX-License-Identifier: Apache-2.0
import CPU
import Operations
import Tensors
import TestSupport
import Testing

@testable import Checkpoints
@testable import Training

struct GradientSumTests {
  private let operations: CPUOperations
  private let sum: GradientSum

  init() throws {
    operations = try CPUOperations(
      kernels: try KernelSet.best(), threads: 2, precision: .f32)
    let linear = Linear(weight: [3, 5], bias: [3])
    sum = GradientSum(
      TrainedParameters(projector: ProjectorParameters(layers: [linear])), operations: operations)
  }

  /// Numbers whose sum depends on the order that they are added in.
  private func values(_ batch: Int) -> [Float] {
    var random = SeededGenerator(seed: UInt64(batch))
    return (0..<18).map { _ in
      random.float() * Float(sign: .plus, exponent: batch % 5, significand: 1)
    }
  }

  /// The sum over `batches`, cut at the largest power of two below their number.
  private func tree(_ batches: Range<Int>) -> [Float] {
    guard batches.count > 1 else { return values(batches.lowerBound) }
    var left = 1
    while 2 * left < batches.count { left *= 2 }
    let middle = batches.lowerBound + left
    return zip(tree(batches.lowerBound..<middle), tree(middle..<batches.upperBound)).map(+)
  }

  private func add(_ batch: Int) throws {
    let gradients = try sum.zeros()
    let numbers = values(batch)
    var taken = 0
    for tensor in gradients.values {
      #expect(tensor.floatValues.allSatisfy { $0 == 0 })
      let own = Array(numbers[taken..<taken + tensor.count])
      operations.add(try Tensor(own, shape: tensor.shape), to: tensor)
      taken += tensor.count
    }
    sum.add(gradients)
  }

  @Test func sumsAreABinaryTree() throws {
    var differsFromAChain = false
    for count in 1...9 {
      for batch in 0..<count { try add(batch) }
      #expect(sum.count == count)
      let total = try #require(sum.total()).values.flatMap(\.floatValues)
      #expect(total == tree(0..<count), "\(count) micro-batches")
      let chain = (1..<count).reduce(values(0)) { zip($0, values($1)).map(+) }
      if total != chain { differsFromAChain = true }
      sum.reset()
      #expect(sum.count == 0 && sum.total() == nil)
    }
    #expect(differsFromAChain)
  }

  @Test func droppedSumsLeaveNothing() throws {
    for batch in 0..<6 { try add(batch) }
    sum.reset()
    try add(3)
    #expect(try #require(sum.total()).values.flatMap(\.floatValues) == values(3))
  }

  @Test func buffersAreCounted() throws {
    for count in 1...9 {
      var seen: Set<UnsafeRawPointer> = []
      let sum = GradientSum(
        TrainedParameters(
          projector: ProjectorParameters(layers: [Linear(weight: [3, 5], bias: [3])])),
        operations: operations)
      for _ in 0..<count {
        let gradients = try sum.zeros()
        gradients.values.first?.withUnsafeBytes { bytes in
          if let base = bytes.baseAddress { seen.insert(base) }
        }
        sum.add(gradients)
      }
      #expect(seen.count == GradientSum.buffers(microBatches: count), "\(count) micro-batches")
    }
  }
}
