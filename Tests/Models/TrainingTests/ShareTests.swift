// How a step is shared among ranks, and what they tell each other.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors
import Testing
import Tokenizers

@testable import Training

struct ShareTests {
  @Test func blocksAreConsecutiveAndAlike() {
    for microBatches in 1...40 {
      for ranks in 1...microBatches {
        let share = StepShare(microBatches: microBatches, ranks: ranks)
        for count in [0, 1, microBatches / 2, microBatches] {
          let blocks = (0..<ranks).map { share.block(of: $0, count: count) }
          #expect(blocks.flatMap { Array($0) } == Array(0..<count))
          let active = share.active(count: count)
          #expect(blocks.prefix(active).allSatisfy { !$0.isEmpty })
          #expect(blocks.dropFirst(active).allSatisfy { $0.isEmpty })
        }
        #expect(share.largestBlock == (microBatches + ranks - 1) / ranks)
      }
    }
  }

  /// The order in which `GradientSum` and then ranks add, as text.
  private func tree(_ count: Int, _ share: StepShare) -> String {
    func sum(_ leaves: [String]) -> String {
      var stack: [(level: Int, text: String)] = []
      func join() {
        let last = stack.removeLast()
        stack[stack.count - 1].text = "(\(stack[stack.count - 1].text)+\(last.text))"
        stack[stack.count - 1].level += 1
      }
      for leaf in leaves {
        stack.append((0, leaf))
        while stack.count > 1, stack[stack.count - 1].level == stack[stack.count - 2].level {
          join()
        }
      }
      while stack.count > 1 { join() }
      return stack.first?.text ?? ""
    }
    var parts = (0..<share.active(count: count)).map { rank in
      sum(share.block(of: rank, count: count).map { "\($0)" })
    }
    for (left, right) in RankTree.pairs(parts.count) {
      parts[left] = "(\(parts[left])+\(parts[right]))"
    }
    return parts[0]
  }

  /// At an epoch's end too, where the last block is not whole or ranks have none.
  @Test func exactSharesAreTheTreeOfOne() {
    var (exact, others) = (0, 0)
    for microBatches in 1...24 {
      for ranks in 1...microBatches {
        let share = StepShare(microBatches: microBatches, ranks: ranks)
        let one = StepShare(microBatches: microBatches, ranks: 1)
        let isSame = (1...microBatches).allSatisfy { tree($0, share) == tree($0, one) }
        if share.isExact { exact += 1 } else if !isSame { others += 1 }
        #expect(isSame || !share.isExact, "\(microBatches) among \(ranks)")
      }
    }
    // As many pairs as 24 has multiples of 1, 2, 4, 8 and 16.
    #expect(exact == 46 && others > 50, "\(exact), \(others)")
  }

  @Test func reportsKeepEveryBit() throws {
    for loss in [0.1, -0.0, 1e-310, .infinity, 3] {
      let report = MicroBatchReport(
        loss: loss, targets: 3, length: 9, ids: ["a\n\"", ""], digests: ["x", "y"])
      let found = try #require(MicroBatchReport(report.json))
      #expect(found == report && found.loss.bitPattern == loss.bitPattern)
    }
  }

  @Test func sequencesAreDealtAsTheyAre() throws {
    let limits = TrainingSequence.Limits(maxLength: 9, vocabularyRows: 99)
    let tokens = Prompt.Tokens(
      ids: [1, 2, 3, 4], imagePositions: [1, 2], imageOrder: [1, 0], lossSpans: [2..<4])
    let features = [
      try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]),
      try Tensor([5, 6, 7, 8, 9, 10] as [Float], shape: [3, 2]),
    ]
    let made = try TrainingSequence(id: "é\n", tokens: tokens, images: features, limits: limits)
    let text = try TrainingSequence(
      id: "t",
      tokens: Prompt.Tokens(
        ids: [1, 2], imagePositions: [], imageOrder: [], lossSpans: [1..<2]),
      images: [], limits: limits)
    let pixels = try TrainingSequence(
      id: "p", tokens: tokens,
      images: [try Tensor(.u8, shape: [2, 2, 3]), try Tensor(.u8, shape: [2, 2, 3])],
      pixelRows: 2, limits: limits)
    let bytes = TrainingSequence.bytes([[made, text], [pixels]])
    let found = try TrainingSequence.microBatches(bytes)
    #expect(found.map(\.count) == [2, 1])
    for (one, other) in zip(found.joined(), [made, text, pixels]) {
      #expect(one.id == other.id && one.digest == other.digest && one.length == other.length)
      #expect(one.commonPrefix(with: other) == other.length)
      #expect(one.imageNumbers == other.imageNumbers && one.isTruncated == other.isTruncated)
    }
    for broken in [[], Array(bytes.dropLast()), bytes + [0], Array(bytes.dropFirst())] {
      #expect(throws: Failure.self) { try TrainingSequence.microBatches(broken) }
    }
  }
}
