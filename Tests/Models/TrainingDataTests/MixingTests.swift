// Drawing by weight: shares, ends of epochs, and weights that would never end one.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Testing

@testable import TrainingData

private func code(_ counts: [Int], _ weights: [Double]) -> String? {
  do throws(Failure) {
    _ = try mixedOrder(counts: counts, weights: weights, seed: 0, epoch: 0)
    return nil
  } catch {
    return error.code
  }
}

@Test func sourcesAreDrawnByTheirWeights() throws {
  let records = try mixedOrder(counts: [300, 5000, 40], weights: [2, 5, 3], seed: 4, epoch: 0)
  let shares = (0..<3).map { source in
    Double(records.count { $0.source == source }) / Double(records.count)
  }
  // Some 10,000 draws: a standard deviation of 0.005.
  for (share, expected) in zip(shares, [0.2, 0.5, 0.3]) { #expect(abs(share - expected) < 0.02) }
}

@Test func eachSourceIsSeenInShufflesOfItsOwn() throws {
  let records = try mixedOrder(counts: [7, 100], weights: [1, 2], seed: 4, epoch: 1)
  let small = records.filter { $0.source == 0 }.map(\.ordinal)
  #expect(small.count > 21)
  let passes = stride(from: 0, to: small.count - 6, by: 7).map { Array(small[$0..<$0 + 7]) }
  #expect(passes.allSatisfy { $0.sorted() == Array(0..<7) })
  #expect(Set(passes).count > 1)
  let large = records.filter { $0.source == 1 }.map(\.ordinal)
  #expect(large.sorted() == Array(0..<100) && large != Array(0..<100))
}

@Test func anEpochEndsWhenTheLargestHaveBeenSeen() throws {
  for epoch in 0..<20 {
    let records = try mixedOrder(counts: [50, 50, 3], weights: [1, 3, 1], seed: 9, epoch: epoch)
    let last = try #require(records.last)
    #expect(last.source < 2)
    let seen = (0..<2).map { source in records.count { $0.source == source } }
    #expect(seen[last.source] == 50 && seen[1 - last.source] >= 50)
    for source in 0..<2 {
      let first = records.filter { $0.source == source }.prefix(50).map(\.ordinal)
      #expect(first.sorted() == Array(0..<50))
    }
  }
}

@Test func mixesAreFunctionsOfSeedAndEpoch() throws {
  func mix(_ seed: UInt64, _ epoch: Int) throws -> [SourceRecord] {
    try mixedOrder(counts: [20, 30], weights: [1, 1], seed: seed, epoch: epoch)
  }
  #expect(try mix(1, 0) == mix(1, 0))
  #expect(try mix(1, 0) != mix(1, 1))
  #expect(try mix(1, 0) != mix(2, 0))
  // Only proportions count.
  #expect(
    try mixedOrder(counts: [20, 30], weights: [1e308, 1e308], seed: 1, epoch: 0) == mix(1, 0))
  #expect(try mixedOrder(counts: [3], weights: [0.1], seed: 1, epoch: 0).count == 3)
}

@Test func hostileWeightsAreRefused() {
  #expect(code([1, 2], [1]) == "mix/weights")
  #expect(code([], []) == "mix/weights")
  for weight in [0, -1, Double.nan, .infinity, -.infinity] {
    #expect(code([1, 2], [1, weight]) == "mix/weights")
  }
  #expect(code([1, 0], [1, 1]) == "mix/empty")
  #expect(code([1, 2], [1, 1e-9]) == "mix/too-long")
  #expect(code([1, 2], [1, .leastNonzeroMagnitude]) == "mix/too-long")
  #expect(code([1 << 30, 1], [1, 1]) == "mix/too-long")
  #expect(code([2, 1], [1, .leastNonzeroMagnitude]) == nil)
}
