// What the ranks of a step do together: sums of slices, the norm, the new weights.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Ranks
import Tensors

extension Trainer {
  /// Makes the own slices of `gradients` the sums over all ranks, of which the first `active` have any:
  /// neighbours first, then neighbouring pairs, as `GradientSum` adds micro-batches.
  func addSlices(of gradients: TrainedParameters<Tensor>, active: Int, at place: String) {
    guard ranks.size > 1 else { return }
    for (index, gradient) in gradients.values.enumerated() {
      let (slices, flat) = (slices.slices[index], gradient.reshaped([gradient.count]))
      let count = slices[ranks.rank].count
      ranks.exchange(flat, slices, into: received, at: place)
      if count == 0 { continue }
      let parts = (0..<active).map { received.rows($0 * count..<($0 + 1) * count) }
      for (left, right) in RankTree.pairs(active) {
        model.operations.add(parts[right], to: parts[left])
      }
      // Added to zeros rather than copied: a sum that began with zero is never -0.
      let own = flat.rows(slices[ranks.rank])
      model.operations.clear(own)
      model.operations.add(parts[0], to: own)
    }
  }

  /// All-gather: every rank gets all slices of `tensors`.
  func share(_ tensors: TrainedParameters<Tensor>, at place: String) {
    guard ranks.size > 1 else { return }
    for (tensor, slices) in zip(tensors.values, slices.slices) {
      ranks.share(tensor.reshaped([tensor.count]), slices, at: place)
    }
  }

  /// Bytes sent since the last call.
  func takeSentBytes() -> (slices: Int, other: Int)? {
    guard ranks.size > 1 else { return nil }
    let (sent, before) = (ranks.sentBytes, sentBefore)
    sentBefore = sent
    return (sent.slices - before.slices, sent.other - before.other)
  }

  /// The sum of squares of each gradient, whose own slices are sums: blocks in their order, whoever
  /// computed them.
  func squares(of gradients: TrainedParameters<Tensor>, at place: String) -> [Double] {
    let own = zip(gradients.values, slices.slices).map { gradient, slices in
      model.operations.squares(gradient.reshaped([gradient.count]).rows(slices[ranks.rank]))
    }
    guard ranks.size > 1 else { return own.map { $0.reduce(0, +) } }
    func blocks(_ index: Int, _ rank: Int) -> Int {
      (slices.slices[index][rank].count + normBlock - 1) / normBlock
    }
    let counts = (0..<ranks.size).map { rank in own.indices.reduce(0) { $0 + blocks($1, rank) } }
    let all = Slices(counts: counts)
    let squares = ranks.share(own.flatMap(\.self), all, at: place)
    // By rank and then by parameter, as they came.
    var next = all.bounds
    var sums = [Double](repeating: 0, count: own.count)
    for index in own.indices {
      for rank in 0..<ranks.size {
        let end = next[rank] + blocks(index, rank)
        for square in squares[next[rank]..<end] { sums[index] += square }
        next[rank] = end
      }
    }
    return sums
  }
}
