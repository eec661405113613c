// The loop of a run: steps, log, checkpoints, and what signals ask for.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Ranks
import Tensors
import Training

/// How a run is divided into steps and checkpoints.
public struct LoopOptions: Sendable {
  public var microBatch = 1
  /// Gradient accumulation: micro-batches per step.
  public var accumulation = 1
  public var totalSteps: Int
  /// Steps between checkpoints; 0: none but those that signals ask for.
  public var saveEvery = 0
  /// Whether sequences of a micro-batch share the rows of a common prefix.
  public var sharesRows = false
  /// The number of checkpoints to keep.
  public var keep = 2
  /// Steps between evaluations; 0: only at the end.
  public var evaluateEvery = 0
  /// Whether the checkpoint with the lowest held-out loss is kept, too.
  public var keepsBest = false
  /// Early stopping: the run ends after so many evaluations in a row without a new best; 0: never.
  public var patience = 0

  public init(totalSteps: Int) { self.totalSteps = totalSteps }
}

/// The composition of a step.
struct StepContent {
  /// Sequences of all ranks.
  var taken = 0
  /// Of all micro-batches in their order.
  var reports: [MicroBatchReport] = []
  /// The ranks that have some, the first ones.
  var active = 1
}

/// Why a run ended.
public enum LoopEnd: Sendable {
  /// All steps are done.
  case complete
  case endOfData
  /// Early stopping: no evaluation was better for too long.
  case outOfPatience
}

/// Runs steps until all are done, the data end, or early stopping.
public final class TrainingLoop {
  let trainer: Trainer
  let source: any SequenceSource
  let directory: RunDirectory
  let options: LoopOptions
  private let run: JSONObject
  public private(set) var place: DataPlace
  private var digest: DataDigest
  private(set) var savedStep: Int
  private var isSavingAtFault = false
  /// Whether SIGUSR1 has arrived at any rank.
  var isSaveRequested = false
  /// Of the steps so far.
  public internal(set) var evaluations: EvaluationHistory
  /// Measures the model on held-out records.
  public var evaluate: (() throws -> Evaluation)?
  /// Called after each evaluation.
  public var reportEvaluation: (EvaluationReport) throws(Failure) -> Void = { _ in }
  /// Called after each step.
  public var report: (StepReport) throws(Failure) -> Void = { _ in }
  /// Called with a step's gradients before clipping, and the factor that they must be multiplied by.
  public var look: ((Int, TrainedParameters<Tensor>, Double) throws(Failure) -> Void)?
  /// Writes what tools can use of a checkpoint.
  public var addOutputs: (HashedDirectory) throws(Failure) -> Void = { _ in }
  /// Called with the time that each checkpoint took.
  public var reportSave: (Duration) -> Void = { _ in }
  /// Says what was saved.
  public var note: (String) -> Void = { _ in }

  /// Says what is lost.
  public var warn: (String) -> Void = { _ in }

  /// `run` describes the run (`RunDescription`); `place` is where a resumed one goes on, `source`
  /// stands there, and `evaluations` are those until then.
  public init(
    _ trainer: Trainer, source: any SequenceSource, directory: RunDirectory, options: LoopOptions,
    run: JSONObject, place: DataPlace = DataPlace(),
    evaluations: EvaluationHistory = EvaluationHistory()
  ) {
    (self.trainer, self.source, self.directory) = (trainer, source, directory)
    (self.options, self.run, self.place) = (options, run, place)
    self.evaluations = evaluations
    digest = DataDigest(place.digest)
    savedStep = trainer.finishedSteps
  }

  /// Runs the remaining steps, and returns why the run ended.
  ///
  /// After a signal that asks to stop, and after a failure of the input, the log or the system, the
  /// micro-batches of the unfinished step are dropped and the last finished one is saved.
  public func run(catching: Catching) throws(Failure) -> LoopEnd {
    // A run that was killed may have saved one more than it had removed.
    if savedStep > 0 { try removeOldCheckpoints() }
    do throws(Failure) {
      let end = try runSteps(catching)
      try evaluateStep(catching, isLast: true)
      return end
    } catch let failure {
      let error = trainer.ranks.announce(failure)
      trainer.dropStep()
      // What led to NaN or infinity, or to a fault of ours, is not worth going on from.
      if error.status != .notFinite, error.status != .internalError {
        trainer.ranks.afterFailure(error) { saveAfter(error) }
      }
      throw error
    }
  }

  /// Steps that are done.
  public var finishedSteps: Int { trainer.finishedSteps }

  /// Makes failures of everything that its argument throws.
  public typealias Catching = (() throws -> Void) throws(Failure) -> Void

  private func runSteps(_ catching: Catching) throws(Failure) -> LoopEnd {
    // A run that was stopped while it evaluated its last step.
    if isEvaluationDue { try evaluateStep(catching) }
    var isEmptyEpoch = source.position == 0
    while trainer.finishedSteps < options.totalSteps {
      if isOutOfPatience { return .outOfPatience }
      var content = StepContent()
      try catching { content = try self.addMicroBatches() }
      if content.taken == 0 {
        if isEmptyEpoch { throw Self.nothingToLearn(in: source.position) }
        guard try source.beginEpoch() else { return .endOfData }
        isEmptyEpoch = true
        continue
      }
      isEmptyEpoch = false
      try finishStep(content, catching)
    }
    return .complete
  }

  /// The first failure is the one to report; what else fails is a note.
  private func saveAfter(_ error: Failure) {
    guard !isSavingAtFault else { return }
    do throws(Failure) { try saveIfNew() } catch {
      warn("step \(trainer.finishedSteps) is not saved: \(error.message)")
    }
  }

  /// The failure of an input in which none of `records` records can be trained on.
  public static func nothingToLearn(in records: Int) -> Failure {
    guard records > 0 else {
      return Failure(
        .invalidInput, code: "training/no-record", "there is no record to train on",
        remedy: "format records with convo-format --train")
    }
    return Failure(
      .invalidInput, code: "training/no-record",
      "none of the \(grouped(records)) records can be trained on",
      remedy: "the messages above, of this tool or of those before it, say why each was skipped")
  }

  /// Adds up to a step's micro-batches, fewer at the end of an epoch. None of them is kept, since their
  /// features take room.
  private func addMicroBatches() throws -> StepContent {
    guard trainer.ranks.size == 1 else { return try addSharedMicroBatches() }
    let taken = try addInOrder { _ in true }.taken
    return StepContent(taken: taken, reports: trainer.reports)
  }

  /// Reads a step's micro-batches one after the other and adds those whose numbers are the own ones; how
  /// many sequences and micro-batches there are.
  func addInOrder(_ isOwn: (Int) -> Bool) throws -> (taken: Int, count: Int) {
    var (taken, count) = (0, 0)
    while count < options.accumulation {
      var sequences: [TrainingSequence] = []
      while sequences.count < options.microBatch, let sequence = try source.next() {
        sequences.append(sequence)
      }
      guard !sequences.isEmpty else { break }
      if isOwn(count) { try add(sequences, offset: taken) }
      taken += sequences.count
      count += 1
      guard sequences.count == options.microBatch else { break }
    }
    return (taken, count)
  }

  /// Adds a micro-batch that begins `offset` sequences after those of the steps before.
  func add(_ sequences: [TrainingSequence], offset: Int) throws {
    try trainer.add(
      MicroBatch(
        sequences, firstPlace: place.sequences + offset, sharing: options.sharesRows))
  }

  private func finishStep(_ content: StepContent, _ catching: Catching) throws(Failure) {
    var watched: ((TrainedParameters<Tensor>, Double) throws(Failure) -> Void)?
    if let look {
      let step = trainer.finishedSteps + 1
      watched = { (gradients, factor) throws(Failure) in try look(step, gradients, factor) }
    }
    var finished: StepReport?
    try catching {
      finished = try self.trainer.finishStep(content.reports, active: content.active, look: watched)
    }
    guard let done = finished else { return }
    for sequence in content.reports.flatMap(\.digests) { digest.add(sequence) }
    place.epoch = source.epoch
    place.position = source.position
    place.sequences += content.taken
    place.digest = digest.value
    try report(done)
    if isEvaluationDue { try evaluateStep(catching, isLast: done.step == options.totalSteps) }
    let isDue = options.saveEvery > 0 && done.step % options.saveEvery == 0
    let isLast = done.step == options.totalSteps || isOutOfPatience
    // Ranks have told each other of it before the step's end.
    if trainer.ranks.size == 1 { isSaveRequested = Interruption.takeSaveRequest() }
    let isAsked = isSaveRequested
    isSaveRequested = false
    if isAsked || (isDue && !isLast) { try saveIfNew() }
  }

  /// Saves the last finished step unless that is saved already.
  public func saveIfNew() throws(Failure) {
    let step = trainer.finishedSteps
    guard step > savedStep else { return }
    let began = ContinuousClock.now
    try trainer.checkParameters()
    let path = directory.checkpointPath(step)
    do throws(Failure) {
      try TrainingCheckpoint.save(
        trainer, place: place, run: run, evaluations: evaluate.map { _ in evaluations }, to: path,
        addOutputs: addOutputs)
    } catch {
      isSavingAtFault = true
      var failure = trainer.ranks.announce(error)
      if savedStep > 0 { failure.message += "; checkpoint-\(savedStep) is whole" }
      throw failure
    }
    savedStep = step
    try removeOldCheckpoints()
    reportSave(ContinuousClock.now - began)
    note("saved \(path)")
  }
}
