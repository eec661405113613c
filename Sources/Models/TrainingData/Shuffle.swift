// A permutation of records that depends on seed and epoch alone.
// SPDX-License-Identifier: Apache-2.0
import Randomness

/// The numbers 0 to `count` - 1 in a random order for each seed and epoch: Fisher and Yates's
/// shuffle, every order as likely as any other. At most 2^31 - 1 records.
public func shuffled(count: Int, seed: UInt64, epoch: Int) -> [Int32] {
  shuffled(count: count, PlacedRandom(seed: seed, for: .order, UInt64(epoch)))
}

/// The shuffle whose draws are the row `random`.
func shuffled(count: Int, _ random: PlacedRandom) -> [Int32] {
  precondition(count <= Int(Int32.max), "expected at most 2^31 - 1 records, found \(count)")
  var order = Array(0..<Int32(count))
  for last in stride(from: count - 1, to: 0, by: -1) {
    order.swapAt(last, random.integer(below: last + 1, UInt64(last)))
  }
  return order
}
