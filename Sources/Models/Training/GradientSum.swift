// The gradients of a step's micro-batches, summed in one binary tree.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

/// Sums gradients in a binary tree: neighbours first, then neighbouring pairs. So the bits of a sum do
/// not depend on which rank computes which block of 2^n micro-batches.
final class GradientSum {
  private let shapes: TrainedParameters<[Int]>
  private let operations: any Operations
  /// Partial sums of 2^level micro-batches, levels descending.
  private var partial: [(level: Int, gradients: TrainedParameters<Tensor>)] = []
  private var free: [TrainedParameters<Tensor>] = []
  private(set) var count = 0

  init(_ shapes: TrainedParameters<[Int]>, operations: any Operations) {
    (self.shapes, self.operations) = (shapes, operations)
  }

  /// The number of sets of gradients held at once in a step of `count` micro-batches.
  static func buffers(microBatches: Int) -> Int {
    Int.bitWidth - max(1, microBatches).leadingZeroBitCount
  }

  /// Makes so many sets at once.
  func reserve(_ sets: Int) throws(AllocationError) {
    while free.count < sets {
      free.append(
        try shapes.map { _, shape throws(AllocationError) in try operations.zeros(shape) })
    }
  }

  /// Zeros for the next micro-batch.
  func zeros() throws(AllocationError) -> TrainedParameters<Tensor> {
    guard let gradients = free.popLast() else {
      return try shapes.map { _, shape throws(AllocationError) in
        try operations.zeros(shape)
      }
    }
    for tensor in gradients.values { operations.clear(tensor) }
    return gradients
  }

  /// Adds the gradients of one more micro-batch.
  func add(_ gradients: TrainedParameters<Tensor>) {
    partial.append((0, gradients))
    count += 1
    while partial.count > 1, partial[partial.count - 1].level == partial[partial.count - 2].level {
      joinLastTwo()
    }
  }

  /// The sum of all; nil when there are none.
  func total() -> TrainedParameters<Tensor>? {
    while partial.count > 1 { joinLastTwo() }
    return partial.last?.gradients
  }

  /// Takes back zeros that were not added.
  func giveBack(_ gradients: TrainedParameters<Tensor>) { free.append(gradients) }

  /// Drops what was added.
  func reset() {
    free += partial.map(\.gradients)
    partial = []
    count = 0
  }

  private func joinLastTwo() {
    let last = partial.removeLast()
    let index = partial.count - 1
    for (sum, added) in zip(partial[index].gradients.values, last.gradients.values) {
      operations.add(added, to: sum)
    }
    partial[index].level += 1
    free.append(last.gradients)
  }
}
