// The loop of a run: steps, log, checkpoints, and what signals ask for.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors
import Training

/// How a run is cut into steps and checkpoints.
public struct LoopOptions: Sendable {
  public var microBatch = 1
  /// Micro-batches of a step.
  public var accumulation = 1
  public var totalSteps: Int
  /// Steps between checkpoints; 0: none but those that signals ask for.
  public var saveEvery = 0
  /// Whether sequences of a micro-batch that begin alike share these rows.
  public var sharesRows = false
  /// Checkpoints that stay.
  public var keep = 2

  public init(totalSteps: Int) { self.totalSteps = totalSteps }
}

/// Runs steps until there are enough of them or the data end.
public final class TrainingLoop {
  private let trainer: Trainer
  private let source: any SequenceSource
  private let directory: RunDirectory
  private let options: LoopOptions
  private let run: JSONObject
  public private(set) var place: DataPlace
  private var digest: DataDigest
  private var savedStep: Int
  private var isSavingAtFault = false
  /// Sees each step when it is done.
  public var report: (StepReport) throws(Failure) -> Void = { _ in }
  /// Sees a step's gradients before clipping, and the factor that they must be multiplied by.
  public var look: ((Int, TrainedParameters<Tensor>, Double) throws(Failure) -> Void)?
  /// Writes what tools can use of a checkpoint.
  public var addOutputs: (HashedDirectory) throws(Failure) -> Void = { _ in }
  /// Says what was saved.
  public var note: (String) -> Void = { _ in }

  /// Says what is lost.
  public var warn: (String) -> Void = { _ in }

  /// `run` describes the run (`RunDescription`); `place` is where a resumed one goes on, and `source`
  /// stands there.
  public init(
    _ trainer: Trainer, source: any SequenceSource, directory: RunDirectory, options: LoopOptions,
    run: JSONObject, place: DataPlace = DataPlace()
  ) {
    (self.trainer, self.source, self.directory) = (trainer, source, directory)
    (self.options, self.run, self.place) = (options, run, place)
    digest = DataDigest(place.digest)
    savedStep = trainer.finishedSteps
  }

  /// Runs the steps that are left. Returns false where the data ended before.
  ///
  /// After a signal that asks to stop, and after a failure of the input, the log or the system, the
  /// micro-batches of the unfinished step are dropped and the last finished one is saved.
  public func run(catching: (() throws -> Void) throws(Failure) -> Void) throws(Failure) -> Bool {
    // A run that was killed may have saved one more than it had removed.
    if savedStep > 0 { try directory.keepLatest(options.keep) }
    do throws(Failure) {
      var isEmptyEpoch = source.position == 0
      while trainer.finishedSteps < options.totalSteps {
        var taken: [TrainingSequence] = []
        try catching { taken = try self.addMicroBatches() }
        if taken.isEmpty {
          if isEmptyEpoch { throw Self.nothingToLearn(in: source.position) }
          guard try source.beginEpoch() else { return false }
          isEmptyEpoch = true
          continue
        }
        isEmptyEpoch = false
        try finishStep(taken)
      }
      return true
    } catch {
      trainer.dropStep()
      // What led to a number that is none, or to a fault of ours, is not worth going on from.
      if error.status != .notFinite, error.status != .internalError { saveAfter(error) }
      throw error
    }
  }

  /// The first failure is the one to report; what else fails is a note.
  private func saveAfter(_ error: Failure) {
    guard !isSavingAtFault else { return }
    do throws(Failure) { try saveIfNew() } catch {
      warn("step \(trainer.finishedSteps) is not saved: \(error.message)")
    }
  }

  /// The failure of an input in which none of `records` records can be learned from.
  public static func nothingToLearn(in records: Int) -> Failure {
    guard records > 0 else {
      return Failure(
        .invalidInput, code: "training/no-record", "there is no record to learn from",
        remedy: "format records with convo-format --train")
    }
    return Failure(
      .invalidInput, code: "training/no-record",
      "none of the \(grouped(records)) records can be learned from",
      remedy: "see why each was skipped, here or by the tools before")
  }

  /// Adds up to a step's micro-batches, fewer at the end of an epoch; their sequences in order.
  private func addMicroBatches() throws -> [TrainingSequence] {
    var taken: [TrainingSequence] = []
    for _ in 0..<options.accumulation {
      var sequences: [TrainingSequence] = []
      while sequences.count < options.microBatch, let sequence = try source.next() {
        sequences.append(sequence)
      }
      guard !sequences.isEmpty else { break }
      try trainer.add(
        MicroBatch(
          sequences, firstPlace: place.sequences + taken.count, sharing: options.sharesRows))
      taken += sequences
      guard sequences.count == options.microBatch else { break }
    }
    return taken
  }

  private func finishStep(_ taken: [TrainingSequence]) throws(Failure) {
    var watched: ((TrainedParameters<Tensor>, Double) throws(Failure) -> Void)?
    if let look {
      let step = trainer.finishedSteps + 1
      watched = { (gradients, factor) throws(Failure) in try look(step, gradients, factor) }
    }
    let done = try trainer.finishStep(look: watched)
    for sequence in taken { digest.add(sequence) }
    place.epoch = source.epoch
    place.position = source.position
    place.sequences += taken.count
    place.digest = digest.value
    try report(done)
    let isDue = options.saveEvery > 0 && done.step % options.saveEvery == 0
    if Interruption.takeSaveRequest() || (isDue && done.step < options.totalSteps) {
      try saveIfNew()
    }
  }

  /// Saves the last finished step unless that is saved already.
  public func saveIfNew() throws(Failure) {
    let step = trainer.finishedSteps
    guard step > savedStep else { return }
    try trainer.checkParameters()
    let path = directory.checkpointPath(step)
    do throws(Failure) {
      try TrainingCheckpoint.save(
        trainer, place: place, run: run, to: path, addOutputs: addOutputs)
    } catch {
      isSavingAtFault = true
      var failure = error
      if savedStep > 0 { failure.message += "; checkpoint-\(savedStep) is whole" }
      throw failure
    }
    savedStep = step
    try directory.keepLatest(options.keep)
    note("saved \(path)")
  }
}
