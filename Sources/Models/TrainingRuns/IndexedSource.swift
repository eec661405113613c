// The records of files, in any order, epoch after epoch.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import Training
import TrainingData

/// Visits the records of indexed files as a `RecordOrder` says.
public final class IndexedSource: SequenceSource {
  private let files: TrainingFiles
  private let order: RecordOrder
  private let reader: SequenceReader
  private let handling: SkipHandling
  /// More than this many epochs are never begun.
  private let epochs: Int
  public private(set) var epoch = 0
  public private(set) var position = 0
  private var numbers: [Int32]
  /// Sees the order of each epoch when it begins.
  public var began: (_ epoch: Int, _ order: [Int32]) throws(Failure) -> Void = { _, _ in }

  /// Begins with the first record of the first epoch.
  public init(
    _ files: TrainingFiles, order: RecordOrder, epochs: Int, reader: SequenceReader,
    handling: SkipHandling
  ) throws(Failure) {
    (self.files, self.order, self.epochs) = (files, order, epochs)
    (self.reader, self.handling) = (reader, handling)
    numbers = try Self.numbers(files, order, epoch: 0)
  }

  /// Goes to where a resumed run was.
  public func move(toEpoch epoch: Int, position: Int) throws(Failure) {
    (self.epoch, self.position) = (epoch, position)
    numbers = try Self.numbers(files, order, epoch: epoch)
    guard position <= numbers.count else {
      throw Failure(
        .mismatch, code: "training/short-input",
        "expected at least \(grouped(position)) records to learn from, found"
          + " \(grouped(numbers.count))", remedy: "resume with the files that the run began with")
    }
  }

  /// The records that one epoch visits: those of the order that can be trained on.
  static func numbers(_ files: TrainingFiles, _ order: RecordOrder, epoch: Int) throws(Failure)
    -> [Int32]
  {
    try order.order(epoch: epoch).filter { files.isUsable(order.record($0)) }
  }

  public func next() throws(Failure) -> TrainingSequence? {
    if epoch == 0, position == 0 { try began(0, numbers) }
    while position < numbers.count {
      let place = order.record(numbers[position])
      position += 1
      if let sequence = try handling.sequence(files.record(place), reader) { return sequence }
    }
    return nil
  }

  /// Records that are left of this epoch.
  var remaining: Int { numbers.count - position }

  /// The sequence of the record `distance` after the next one, which is not taken; nil where it would be
  /// left out. Only who reads every record in its order can tell of that.
  func sequence(ahead distance: Int) throws(Failure) -> TrainingSequence? {
    let place = order.record(numbers[position + distance])
    guard case .learn(let record, let images) = try files.record(place) else { return nil }
    do throws(Failure) { return try reader.sequence(record, images: images) } catch {
      guard error.spoilsRecordOnly else { throw error }
      return nil
    }
  }

  /// Skips the next `count` records, which other ranks have read.
  func advance(by count: Int) throws(Failure) {
    if epoch == 0, position == 0 { try began(0, numbers) }
    position += count
  }

  public func beginEpoch() throws(Failure) -> Bool {
    guard epoch + 1 < epochs else { return false }
    epoch += 1
    position = 0
    numbers = try Self.numbers(files, order, epoch: epoch)
    try began(epoch, numbers)
    return true
  }
}
