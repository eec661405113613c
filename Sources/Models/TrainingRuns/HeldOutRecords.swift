// Records that are not trained on, to measure how a run goes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Ranks
import Streams
import Training
import TrainingData

/// The records of one file, each checked before the first step and visited in the file's order.
public final class HeldOutRecords {
  private let path: String
  private let files = TrainingFiles(needsLengths: false)
  private let reader: SequenceReader
  private var places: [SourceRecord] = []
  /// The positions of each record, those from images, and its images.
  private var sizes: [(rows: Int32, imageRows: Int32, images: Int32)] = []
  /// Over the evaluated records: positions and tokens that carry loss in all, and the longest.
  public private(set) var positions = 0
  public private(set) var targets = 0
  public private(set) var longest = 0
  public private(set) var withImages = 0
  /// Images of all of them, and the largest number in one.
  public private(set) var images = 0
  public private(set) var mostImages = 0

  /// Walks the file and reads every record once. `checkHeader` judges a tensor stream's; records that
  /// cannot be evaluated, those too whose features `isFinite` denies, are given to `handling` now.
  ///
  /// Throws what the readers throw, and `training/no-record` where nothing is left.
  public init(
    _ path: String, limits: StreamLimits, reader: SequenceReader, handling: SkipHandling,
    warn: @escaping (String) -> Void, checkHeader: (StreamHeader) throws(Failure) -> Void,
    isFinite: (TrainingSequence) throws(Failure) -> Bool
  ) throws(Failure) {
    (self.path, self.reader) = (path, reader)
    try files.add(
      path, limits: limits, reader: reader, handling: handling, warn: warn,
      checkHeader: checkHeader)
    let total = files.counts.reduce(0, +)
    for ordinal in 0..<total {
      try Interruption.check(path)
      let place = SourceRecord(source: 0, ordinal: ordinal)
      guard files.isUsable(place) else { continue }
      let record = try files.record(place)
      guard let sequence = try handling.sequence(record, reader) else { continue }
      guard try isFinite(sequence) else {
        if case .learn(let record, _) = record { try handling.skip(Self.notFinite, record) }
        continue
      }
      places.append(place)
      count(sequence)
    }
    guard !places.isEmpty else {
      var failure = TrainingLoop.nothingToLearn(in: total)
      failure.place = path
      throw failure
    }
  }

  /// As a skip: training itself ends at such a record, but this one changes no parameter.
  private static let notFinite = Failure(
    .invalidInput, code: "training/not-finite", "its features hold NaN or infinity",
    remedy: "encode its images again")

  private func count(_ sequence: TrainingSequence) {
    positions += sequence.length
    targets += sequence.targets.count
    longest = max(longest, sequence.length)
    if sequence.images > 0 { withImages += 1 }
    images += sequence.images
    let imageRows = sequence.parts.reduce(0) { sum, part in
      if case .tokens = part { sum } else { sum + part.length }
    }
    sizes.append(
      (
        Int32(clamping: sequence.length), Int32(clamping: imageRows),
        Int32(clamping: sequence.images)
      ))
    mostImages = max(mostImages, sequence.images)
  }

  /// Records that are evaluated.
  public var count: Int { places.count }

  /// What an evaluation takes, so many records at a time.
  public func size(microBatch: Int, maxLength: Int = .max) -> EvaluationSize {
    var size = EvaluationSize(rows: 0, allRows: positions, targets: targets, count: count)
    size.allImages = images
    for start in stride(from: 0, to: sizes.count, by: microBatch) {
      let batch = sizes[start..<min(sizes.count, start + microBatch)]
      size.images = max(size.images, batch.reduce(0) { $0 + Int($1.images) })
      let rows = batch.reduce(0) { $0 + min(maxLength, Int($1.rows)) }
      guard rows > size.rows else { continue }
      (size.rows, size.records) = (rows, batch.count)
      size.imageRows = batch.reduce(0) { $0 + Int($1.imageRows) }
    }
    return size
  }

  /// SHA-256 by which the file is known again.
  public var digest: String { files.digests.first ?? "" }

  /// What `model` makes of all records, so many at a time, each rank of a part of them; `progress` sees
  /// how many are done here.
  ///
  /// Throws `AllocationError`, `io/interrupted`, and what reading a file that was changed throws.
  public func evaluate(
    _ model: TrainingModel, microBatch: Int, ranks: RankGroup = RankGroup(),
    progress: (Int) -> Void = { _ in }
  ) throws -> Evaluation {
    let starts = Array(stride(from: 0, to: places.count, by: microBatch))
    let own = StepShare(microBatches: starts.count, ranks: ranks.size)
      .block(of: ranks.rank, count: starts.count)
    var (batches, done) = ([EvaluatedBatch](), 0)
    for start in starts[own] {
      let block = places[start..<min(places.count, start + microBatch)]
      let batch = MicroBatch(try block.map(sequence), firstPlace: start)
      batches.append(try model.evaluated(batch))
      done += batch.sequences.count
      progress(done)
    }
    if ranks.size > 1 {
      let messages = try ranks.exchange(
        ["batches": .array(batches.map(\.json))], at: "the end of the evaluation")
      batches = messages.flatMap {
        ($0["batches"]?.array ?? []).compactMap { EvaluatedBatch($0) }
      }
    }
    // Losses are added one by one in the records' order, whoever computed them.
    var evaluation = Evaluation()
    for batch in batches { evaluation.add(batch) }
    return evaluation
  }

  private func sequence(_ place: SourceRecord) throws(Failure) -> TrainingSequence {
    guard case .learn(let record, let images) = try files.record(place) else {
      throw Failure(
        .invalidInput, code: "training/other-input", at: path,
        "record \(place.ordinal + 1) is not what it was before the first step",
        remedy: "leave the file as it is while the run uses it")
    }
    return try reader.sequence(record, images: images)
  }
}
