// The records of a pipe, in their order.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Records
import Training

/// How records that cannot be trained on are handled.
public struct SkipHandling {
  /// Reports a record that is left out; throws what ends the run.
  public var skip: (Failure, Record) throws(Failure) -> Void
  /// Counts a record that an earlier tool skipped.
  public var passOn: (SkipMark, Record) throws(Failure) -> Void
  /// Counts a record that is trained on.
  public var take: (_ images: Int) -> Void

  public init(
    skip: @escaping (Failure, Record) throws(Failure) -> Void,
    passOn: @escaping (SkipMark, Record) throws(Failure) -> Void,
    take: @escaping (_ images: Int) -> Void
  ) {
    (self.skip, self.passOn, self.take) = (skip, passOn, take)
  }

  /// The sequence of `record`, or nil for one that is left out.
  func sequence(_ record: TrainingRecord, _ reader: SequenceReader) throws(Failure)
    -> TrainingSequence?
  {
    switch record {
    case .passOn(let record, let mark):
      try passOn(mark, record)
      return nil
    case .broken(let record, let failure):
      try skip(failure, record)
      return nil
    case .learn(let record, let images):
      do throws(Failure) {
        return try reader.sequence(record, images: images)
      } catch {
        try skip(error, record)
        return nil
      }
    }
  }
}

/// A stream that is read once. Its only epoch is the first.
public final class PipeSource: SequenceSource {
  private let read: () throws(Failure) -> TrainingRecord?
  private let reader: SequenceReader
  private let handling: SkipHandling
  public let epoch = 0
  public private(set) var position: Int
  private var isAtEnd = false

  /// `read` gives one record after the other, beginning with number `start`, from 0.
  public init(
    reader: SequenceReader, handling: SkipHandling, start: Int = 0,
    read: @escaping () throws(Failure) -> TrainingRecord?
  ) {
    (self.reader, self.handling, self.read) = (reader, handling, read)
    position = start
  }

  /// Passes over records up to number `target`, as a resumed run does, whose sequences so far have
  /// `digest`. Throws `training/short-input` where there are not so many, and `training/other-input`
  /// where they are others, as far as they are read here.
  public func skip(to target: Int, digest: String) throws(Failure) {
    let isWhole = position == 0
    var found = DataDigest()
    while position < target {
      guard let record = try read() else {
        throw Failure(
          .mismatch, code: "training/short-input",
          "expected more than the \(grouped(target)) records that the run has seen, found"
            + " \(grouped(position))",
          remedy: "resume with the input that the run began with")
      }
      if case .learn(let record, let images) = record {
        reader.look(at: record.object)
        do throws(Failure) { found.add(try reader.sequence(record, images: images)) } catch {
          // What spoils a record was skipped before, too; without memory nothing is known of it.
          guard error.spoilsRecordOnly else { throw error }
        }
      }
      position += 1
    }
    guard target == 0 || !isWhole || found.value == digest else {
      throw Failure(
        .mismatch, code: "training/other-input",
        "the first \(grouped(target)) records are not those that the run has seen",
        remedy: "resume with the input that the run began with; where that begins later, give"
          + " llava-train the same --start")
    }
  }

  public func next() throws(Failure) -> TrainingSequence? {
    while !isAtEnd {
      guard let record = try read() else {
        isAtEnd = true
        break
      }
      position += 1
      if let sequence = try handling.sequence(record, reader) {
        handling.take(sequence.images)
        return sequence
      }
    }
    return nil
  }

  public func beginEpoch() -> Bool { false }
}
