// Numbers by place: fixed for ever, spread evenly, and as likely as each other.
// SPDX-License-Identifier: Apache-2.0
import Randomness
import TestSupport
import Testing

@Test func numbersStayWhatTheyAre() {
  // By an independent implementation in Python's integers; another value would change every run.
  let random = PlacedRandom(seed: 1, for: .order, 0)
  #expect((0..<3).map { random.bits($0) } == expectedBits)
  #expect(PlacedRandom(seed: 1, for: .order, 2, 3).bits(9) == random2.bits(9))
  #expect(PlacedRandom(seed: 1, for: .order).at(2).at(3).bits(9) == random2.bits(9))
}

private let random2 = PlacedRandom(seed: 1, for: .order, 2, 3)
private let expectedBits: [UInt64] = [
  0xC1F7_5A51_73B8_2D85, 0x67AB_0E94_D824_BEA7, 0xB750_42DB_A063_FE33,
]

@Test func everyPartOfAPlaceMatters() {
  var seen: Set<UInt64> = []
  var count = 0
  for seed: UInt64 in [0, 1, 2, .max] {
    for purpose in [RandomPurpose.order, .mixing, .initialisation, .dropout] {
      for places: [UInt64] in [[], [0], [1], [0, 0], [0, 1], [1, 0], [1, 1], [.max]] {
        let random = places.reduce(PlacedRandom(seed: seed, for: purpose)) { $0.at($1) }
        for index: UInt64 in [0, 1, 2, 1000, .max] {
          seen.insert(random.bits(index))
          count += 1
        }
      }
    }
  }
  #expect(seen.count == count)
}

@Test(arguments: [0, 1, 42, UInt64.max])
func bitsAreSpreadEvenly(seed: UInt64) {
  let rows: [(String, (UInt64) -> UInt64)] = [
    ("along a row", PlacedRandom(seed: seed, for: .dropout).bits),
    ("along places", { PlacedRandom(seed: seed, for: .dropout, 7, $0).bits(0) }),
    ("along first places", { PlacedRandom(seed: seed, for: .dropout, $0, 7).bits(0) }),
    ("along seeds", { PlacedRandom(seed: seed &+ $0, for: .dropout).bits(0) }),
    ("along a row and places", { PlacedRandom(seed: seed, for: .dropout, $0).bits($0) }),
  ]
  for (name, row) in rows {
    var low = [Int](repeating: 0, count: 256)
    var high = low
    var pairs = low
    var ones = [Int](repeating: 0, count: 64)
    var last: UInt64 = 0
    for index: UInt64 in 0..<20_000 {
      let bits = row(index)
      low[Int(bits & 255)] += 1
      high[Int(bits >> 56)] += 1
      pairs[Int((last >> 60) << 4 | bits >> 60)] += 1
      last = bits
      for bit in 0..<64 where bits >> UInt64(bit) & 1 == 1 { ones[bit] += 1 }
    }
    #expect(abs(chanceDeviation(low)) < chanceBound, "low bits \(name)")
    #expect(abs(chanceDeviation(high)) < chanceBound, "high bits \(name)")
    #expect(abs(chanceDeviation(pairs)) < chanceBound, "neighbours \(name)")
    for (bit, count) in ones.enumerated() {
      #expect(abs(Double(count) - 10_000) < 4.5 * 5_000.0.squareRoot(), "bit \(bit) \(name)")
    }
  }
}

@Test func uniformNumbersFillTheirRange() {
  let random = PlacedRandom(seed: 3, for: .initialisation)
  let values = (0..<100_000).map { random.uniform($0) }
  #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
  var counts = [Int](repeating: 0, count: 100)
  for value in values { counts[Int(value * 100)] += 1 }
  #expect(abs(chanceDeviation(counts)) < chanceBound)
  // The standard error of the mean is 0.00091.
  #expect(abs(values.reduce(0, +) / 100_000 - 0.5) < 0.004)
}

@Test func integersAreUnbiased() {
  let random = PlacedRandom(seed: 5, for: .order)
  for limit in [1, 2, 3, 7, 100] {
    var counts = [Int](repeating: 0, count: limit)
    for index: UInt64 in 0..<50_000 { counts[random.integer(below: limit, index)] += 1 }
    #expect(limit == 1 || abs(chanceDeviation(counts)) < chanceBound, "below \(limit)")
  }
  // Eight numbers of 64 bits for three: without a second draw the last of three gets two of them.
  let large = 3 << 61
  let draws = (0..<30_000).map { random.integer(below: large, UInt64($0)) }
  #expect(draws.allSatisfy { $0 >= 0 && $0 < large })
  var remainders = [0, 0, 0]
  for draw in draws { remainders[draw % 3] += 1 }
  #expect(abs(chanceDeviation(remainders)) < chanceBound)
  #expect(random.integer(below: .max, 0) < .max)
}
