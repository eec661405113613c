// Orders that draw from several sources by weight.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Randomness

/// A record of one of several files.
public struct SourceRecord: Equatable, Sendable {
  /// The file, from 0, in the order given.
  public let source: Int
  /// The record's place in its file, from 0, skip records counted.
  public let ordinal: Int

  public init(source: Int, ordinal: Int) {
    self.source = source
    self.ordinal = ordinal
  }
}

/// Draws a source by weight each time, and takes the next record of that source's own shuffle; where
/// it is used up, of its next one.
///
/// The epoch ends as soon as every record of the largest source, and of all others as large, has been
/// seen. With equal weights and sizes each source is seen about once; a smaller one is seen anew.
struct Mixing {
  /// An epoch that would take more draws than this, as far as can be expected, is refused.
  static let mostDraws = 1 << 26

  let counts: [Int]
  /// Running sums of the weights over their total; the last is 1.
  private let bounds: [Double]

  /// Throws `mix/weights`, `mix/empty` or `mix/too-long`.
  init(counts: [Int], weights: [Double]) throws(Failure) {
    guard weights.count == counts.count, !counts.isEmpty else {
      throw Self.fault(
        "weights", "expected a weight for each of \(counts.count) sources, found \(weights.count)")
    }
    for weight in weights where !(weight.isFinite && weight > 0) {
      throw Self.fault("weights", "expected weights above 0, found \(weight)")
    }
    if let empty = counts.firstIndex(where: { $0 < 1 }) {
      throw Failure(
        .invalidInput, code: "mix/empty", "source \(empty + 1) has no records to draw",
        remedy: "leave it out")
    }
    let largest = weights.reduce(0, max)
    let shares = weights.map { $0 / largest }
    let total = shares.reduce(0, +)
    var sum = 0.0
    bounds = shares.map {
      sum += $0
      return sum / total
    }
    self.counts = counts
    let most = counts.reduce(0, max)
    let draws = zip(counts, shares).map { $0 == most ? Double($0) / ($1 / total) : 0 }.reduce(
      0, max)
    guard draws <= Double(Self.mostDraws) else { throw Self.tooLong }
  }

  private static func fault(_ code: String, _ message: String) -> Failure {
    Failure(.usage, code: "mix/\(code)", message, remedy: "see --mix")
  }

  private static var tooLong: Failure {
    Failure(
      .limitExceeded, code: "mix/too-long",
      "expected an epoch of at most \(mostDraws) records, found one of more: the largest source is"
        + " drawn too seldom",
      remedy: "give it a greater weight")
  }

  /// Calls `take` with each record of the epoch. Throws `mix/too-long` where chance makes the epoch
  /// many times longer than can be expected.
  func run(seed: UInt64, epoch: Int, take: (SourceRecord) -> Void) throws(Failure) {
    let random = PlacedRandom(seed: seed, for: .mixing, UInt64(epoch))
    let order = PlacedRandom(seed: seed, for: .order, UInt64(epoch))
    let largest = counts.reduce(0, max)
    var open = counts.count { $0 == largest }
    var queues = counts.map { _ in (pass: 0, taken: 0, order: [Int32]()) }
    var draw: UInt64 = 0
    while open > 0 {
      guard draw < UInt64(Self.mostDraws) * 16 else { throw Self.tooLong }
      let value = random.uniform(draw)
      draw += 1
      let source = bounds.firstIndex { value < $0 } ?? bounds.count - 1
      if queues[source].taken == queues[source].order.count {
        let row = order.at(UInt64(source)).at(UInt64(queues[source].pass))
        queues[source].order = shuffled(count: counts[source], row)
        queues[source].pass += 1
        queues[source].taken = 0
      }
      take(SourceRecord(source: source, ordinal: Int(queues[source].order[queues[source].taken])))
      queues[source].taken += 1
      let isSeen = queues[source].pass == 1 && queues[source].taken == largest
      if isSeen { open -= 1 }
    }
  }
}

/// One epoch of records drawn from sources of `counts` records by `weights`, which need no sum.
///
/// It ends as soon as every record of the largest source, and of all others as large, has been seen.
/// Throws `mix/weights`, `mix/empty`, or `mix/too-long` above 2^26 records.
func mixedOrder(counts: [Int], weights: [Double], seed: UInt64, epoch: Int) throws(Failure)
  -> [SourceRecord]
{
  var records: [SourceRecord] = []
  try Mixing(counts: counts, weights: weights).run(seed: seed, epoch: epoch) { records.append($0) }
  return records
}
