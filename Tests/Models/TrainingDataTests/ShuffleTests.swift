// Shuffles: a permutation for each seed and epoch, every one as likely as any other.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import TrainingData

@Test func shufflesArePermutationsOfEachSeedAndEpoch() {
  for count in [0, 1, 2, 3, 1000] {
    let order = shuffled(count: count, seed: 1, epoch: 0)
    #expect(order.sorted() == Array(0..<Int32(count)))
    #expect(shuffled(count: count, seed: 1, epoch: 0) == order)
  }
  let order = shuffled(count: 1000, seed: 1, epoch: 0)
  #expect(shuffled(count: 1000, seed: 1, epoch: 1) != order)
  #expect(shuffled(count: 1000, seed: 2, epoch: 0) != order)
}

@Test func everyOrderIsAsLikely() {
  var counts: [[Int32]: Int] = [:]
  for epoch in 0..<24_000 { counts[shuffled(count: 4, seed: 8, epoch: epoch), default: 0] += 1 }
  #expect(counts.count == 24)
  #expect(abs(chanceDeviation(Array(counts.values))) < chanceBound)
  // Where the first record goes among many.
  var places = [Int](repeating: 0, count: 50)
  for seed: UInt64 in 0..<5000 {
    let place = shuffled(count: 50, seed: seed, epoch: 0).firstIndex(of: 0)
    if let place { places[place] += 1 }
  }
  #expect(abs(chanceDeviation(places)) < chanceBound)
}
