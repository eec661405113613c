// The order in which a training run visits the records of its files.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Randomness

/// How records are ordered within an epoch. Lengths are of all records, files in the order given,
/// negative for records without images, and never 0.
public enum RecordArrangement: Sendable {
  /// In the order of the files.
  case sequential
  /// All files' records, shuffled anew each epoch.
  case shuffled
  /// The same, but records of one group stay together, in the order of the files. Groups are numbered
  /// from 0 without a gap.
  case shuffledTogether([Int32])
  /// Records of similar length in each step.
  case groupedByLength([Int], LengthGrouping)
  /// The same, with only image or only text-only records in each step, except the last.
  case groupedByModality([Int], LengthGrouping)
  /// Drawn from the files by weight.
  case mixed([Double])
  /// These, in every epoch.
  case given([Int32])
}

/// The order of records as a function of seed and epoch, so that a run that was stopped goes on in
/// the same order. Records are numbered from 0 over all files, in the order given, skip records
/// counted.
public struct RecordOrder: Sendable {
  public let arrangement: RecordArrangement
  public let seed: UInt64
  /// Records of all files.
  public let count: Int
  /// The first record's number in each file, and after them `count`.
  private let starts: [Int]
  private let mixing: Mixing?

  /// `counts`: how many records each file has. Throws `order/too-many` from 2^31 on,
  /// `order/zero-length`, `order/range`, `order/empty`, and `mix/…`.
  public init(counts: [Int], arrangement: RecordArrangement = .sequential, seed: UInt64 = 0)
    throws(Failure)
  {
    var starts = [0]
    for count in counts {
      guard count >= 0, let next = checkedSum(starts[starts.count - 1], count),
        next <= Int(Int32.max)
      else {
        throw Failure(
          .limitExceeded, code: "order/too-many",
          "expected at most \(Int32.max) records in all files, found more",
          remedy: "train on fewer files at a time")
      }
      starts.append(next)
    }
    self.starts = starts
    self.seed = seed
    self.arrangement = arrangement
    count = starts[starts.count - 1]
    if case .mixed(let weights) = arrangement {
      mixing = try Mixing(counts: counts, weights: weights)
    } else {
      mixing = nil
    }
    try check()
  }

  private func check() throws(Failure) {
    switch arrangement {
    case .groupedByLength(let lengths, _), .groupedByModality(let lengths, _):
      precondition(
        lengths.count == count, "expected \(count) lengths, found \(lengths.count)")
      if let empty = lengths.firstIndex(of: 0) {
        let place = record(Int32(empty))
        throw Failure(
          .invalidInput, code: "order/zero-length",
          "record \(place.ordinal + 1) of file \(place.source + 1) has no words: it cannot be"
            + " grouped by length",
          remedy: "take it out of the file, or do not group")
      }
    case .given(let order):
      guard !order.isEmpty else { throw OrderFile.empty }
      for (index, number) in order.enumerated() where number < 0 || number >= count {
        throw OrderFile.outOfRange(number.description, count).at("line \(index + 1)")
      }
    case .shuffledTogether(let groups):
      precondition(groups.count == count, "expected \(count) groups, found \(groups.count)")
    case .sequential, .shuffled, .mixed: break
    }
  }

  /// The numbers of the records that epoch `epoch`, from 0, visits, in order. Throws
  /// `mix/too-long` by a chance that nobody will see.
  public func order(epoch: Int) throws(Failure) -> [Int32] {
    switch arrangement {
    case .sequential: return Array(0..<Int32(count))
    case .shuffled: return TrainingData.shuffled(count: count, seed: seed, epoch: epoch)
    case .shuffledTogether(let groups):
      let members = Dictionary(grouping: 0..<Int32(count)) { groups[Int($0)] }
      let permutation = TrainingData.shuffled(count: members.count, seed: seed, epoch: epoch)
      return permutation.flatMap { members[$0] ?? [] }
    case .groupedByLength(let lengths, let grouping):
      let permutation = TrainingData.shuffled(count: count, seed: seed, epoch: epoch)
      return grouping.grouped(permutation, lengths: lengths)
    case .groupedByModality(let lengths, let grouping):
      let random = PlacedRandom(seed: seed, for: .order, UInt64(epoch))
      var asked: UInt64 = 0
      return grouping.groupedByModality(lengths: lengths) { count in
        defer { asked += 1 }
        return TrainingData.shuffled(count: count, random.at(asked))
      }
    case .mixed:
      var order: [Int32] = []
      try mixing?.run(seed: seed, epoch: epoch) { order.append(number(of: $0)) }
      return order
    case .given(let order): return order
    }
  }

  /// Where the record `number` lies.
  public func record(_ number: Int32) -> SourceRecord {
    precondition(number >= 0 && number < count, "expected a number below \(count), found \(number)")
    // The last file that begins at or before the record; empty files begin where the next one does.
    var (low, high) = (0, starts.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= Int(number) { low = middle } else { high = middle }
    }
    return SourceRecord(source: low, ordinal: Int(number) - starts[low])
  }

  /// The number of `record`.
  public func number(of record: SourceRecord) -> Int32 {
    Int32(starts[record.source] + record.ordinal)
  }
}
