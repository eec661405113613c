// A step that several ranks share: each computes its block of micro-batches, and all learn of all.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Ranks
import Training

extension TrainingLoop {
  private var ranks: RankGroup { trainer.ranks }

  private var share: StepShare {
    StepShare(microBatches: options.accumulation, ranks: ranks.size)
  }

  /// Where ranks meet.
  private var stepName: String { "the end of step \(trainer.finishedSteps + 1)" }

  /// Adds the own block of a step. Ranks read files themselves, each its own records; of a pipe rank 0
  /// reads all records and deals them out.
  func addSharedMicroBatches() throws -> StepContent {
    let share = share
    guard let files = source as? IndexedSource else {
      let (taken, count) = try addDealt(share)
      guard taken > 0 else { return StepContent() }
      return StepContent(
        taken: taken, reports: try tell(isWhole: true).reports, active: share.active(count: count))
    }
    let (taken, count) = cut(files.remaining)
    guard taken > 0 else { return StepContent() }
    let found = try tell(
      isWhole: addOwn(share.block(of: ranks.rank, count: count), of: files, taken))
    guard found.isWhole else { return try addAgain(share) }
    try files.advance(by: taken)
    return StepContent(
      taken: taken, reports: found.reports, active: share.active(count: count))
  }

  /// Sequences and micro-batches of a step where so many sequences are left.
  private func cut(_ remaining: Int) -> (taken: Int, count: Int) {
    // A product that overflows is more than there are.
    let (most, overflow) = options.microBatch.multipliedReportingOverflow(by: options.accumulation)
    let taken = overflow ? remaining : min(most, remaining)
    return (taken, (taken + options.microBatch - 1) / options.microBatch)
  }

  /// Whether every record of the block could be trained on, as the index says. What is left out all
  /// the same moves every record behind it, which the other ranks do not know.
  private func addOwn(_ block: Range<Int>, of files: IndexedSource, _ taken: Int) throws -> Bool {
    for number in block {
      let first = number * options.microBatch
      var sequences: [TrainingSequence] = []
      for distance in first..<min(first + options.microBatch, taken) {
        guard let sequence = try files.sequence(ahead: distance) else { return false }
        sequences.append(sequence)
      }
      try add(sequences, offset: first)
    }
    return true
  }

  /// The step once more, every rank reading all of its records: one of them was left out.
  private func addAgain(_ share: StepShare) throws -> StepContent {
    trainer.dropStep()
    let own = share.block(of: ranks.rank, count: share.microBatches)
    let (taken, count) = try addInOrder(own.contains)
    guard taken > 0 else { return StepContent() }
    return StepContent(
      taken: taken, reports: try tell(isWhole: true).reports, active: share.active(count: count))
  }

  /// Tells all ranks of the own micro-batches, and learns of theirs.
  private func tell(isWhole: Bool) throws(Failure) -> (isWhole: Bool, reports: [MicroBatchReport]) {
    let messages = try ranks.exchange(
      [
        "whole": .bool(isWhole), "save": .bool(Interruption.takeSaveRequest()),
        "micro_batches": .array(trainer.reports.map(\.json)),
      ], at: stepName)
    if messages.contains(where: { $0["save"]?.bool == true }) { isSaveRequested = true }
    return (
      messages.allSatisfy { $0["whole"]?.bool == true },
      messages.flatMap { ($0["micro_batches"]?.array ?? []).compactMap { MicroBatchReport($0) } }
    )
  }

  /// A step of a pipe's records; how many sequences and micro-batches it has.
  private func addDealt(_ share: StepShare) throws -> (taken: Int, count: Int) {
    var parts = [[UInt8]](repeating: [], count: ranks.size)
    var (own, taken, count) = ([[TrainingSequence]](), 0, 0)
    if ranks.isFirst { (own, taken, count) = try readAll(share, into: &parts) }
    let message = try ranks.exchange(
      [
        "taken": .int(taken), "count": .int(count), "position": .int(source.position),
        "bytes": .array(parts.map { .int($0.count) }),
      ], at: "the records of step \(trainer.finishedSteps + 1)")[0]
    if !ranks.isFirst {
      (taken, count) = (message["taken"]?.int ?? 0, message["count"]?.int ?? 0)
      (source as? DealtSource)?.position = message["position"]?.int ?? 0
    }
    let sizes = (message["bytes"]?.array ?? []).compactMap(\.int)
    let part = ranks.deal(parts, counts: sizes, at: "the records of rank 0")
    if !ranks.isFirst, !part.isEmpty {
      own = try TrainingSequence.microBatches(part)
    }
    parts = []
    let first = share.block(of: ranks.rank, count: count).lowerBound
    for (number, sequences) in own.enumerated() {
      try add(sequences, offset: (first + number) * options.microBatch)
    }
    return (taken, count)
  }

  /// Rank 0: reads a step and has every other rank's block as bytes in `parts`; returns the own one.
  private func readAll(_ share: StepShare, into parts: inout [[UInt8]]) throws(Failure)
    -> (own: [[TrainingSequence]], taken: Int, count: Int)
  {
    var blocks = [[[TrainingSequence]]](repeating: [], count: ranks.size)
    var (taken, count, rank) = (0, 0, 0)
    while count < share.microBatches {
      var sequences: [TrainingSequence] = []
      while sequences.count < options.microBatch, let sequence = try source.next() {
        sequences.append(sequence)
      }
      guard !sequences.isEmpty else { break }
      while !share.block(of: rank, count: share.microBatches).contains(count) { rank += 1 }
      blocks[rank].append(sequences)
      (taken, count) = (taken + sequences.count, count + 1)
      guard sequences.count == options.microBatch else { break }
    }
    for rank in 1..<ranks.size where !blocks[rank].isEmpty {
      parts[rank] = TrainingSequence.bytes(blocks[rank])
      blocks[rank] = []
    }
    return (blocks[0], taken, count)
  }
}

/// What rank 0 deals out, as the other ranks see it.
public final class DealtSource: SequenceSource {
  public let epoch = 0
  public internal(set) var position: Int

  /// `position`: where a resumed run is.
  public init(position: Int) { self.position = position }

  public func next() -> TrainingSequence? { nil }

  public func beginEpoch() -> Bool { false }
}
