// The steps of a run: gradients of micro-batches, their sum, its norm, the update.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Glibc
import InputOutput
import Operations
import Ranks
import Tensors

/// The report of a step.
public struct StepReport: Sendable {
  /// From 1.
  public var step: Int
  /// The loss, normalised by `LossNorm`.
  public var loss: Double
  /// The norm of all gradients together, before clipping.
  public var gradientNorm: Double
  /// The learning rate of the parameters outside projector and tower.
  public var rate: Double
  /// Positions that went through the model, and tokens that carry loss.
  public var tokens = 0
  public var targets = 0
  public var ids: [String] = []
  /// Bytes that this rank sent to others since the step before: gradients and weights, and everything else;
  /// nil for a single process.
  public var sentBytes: (slices: Int, other: Int)?
  /// What the step took after its last micro-batch, however long that was.
  public var updateTime = Duration.zero
}

/// Trains a model step by step. The same micro-batches give the same bytes, whatever the number of threads
/// and the recomputed layers; each of several ranks computes a share of them.
public final class Trainer {
  public let model: TrainingModel
  public let options: OptimizerOptions
  /// The f32 master weights, updated in place; the model reads them in place.
  public let masters: TrainedParameters<Tensor>
  /// The optimiser state of each parameter, or with several ranks of the own slice.
  public let states: TrainedParameters<OptimizerState>
  /// The number of finished steps.
  public private(set) var finishedSteps: Int
  public let ranks: RankGroup
  public let slices: ParameterSlices
  let sum: GradientSum
  /// Scratch for the slices of all ranks.
  let received: Tensor
  private let muon: Muon
  var sentBefore = (slices: 0, other: 0)
  /// The sum over the own micro-batches of the current step.
  public private(set) var reports: [MicroBatchReport] = []

  /// Resumes after `finishedSteps` steps with their states, or starts from the beginning without `state`.
  public init(
    model: TrainingModel, masters: TrainedParameters<Tensor>, options: OptimizerOptions,
    ranks: RankGroup = RankGroup(),
    resuming state: (finishedSteps: Int, states: TrainedParameters<OptimizerState>)? = nil
  ) throws(AllocationError) {
    (self.model, self.masters, self.options, self.ranks) = (model, masters, options, ranks)
    let (shapes, operations) = (masters.map { $1.shape }, model.operations)
    let slices = ParameterSlices(
      shapes, optimizer: options.optimizer, rank: ranks.rank, ranks: ranks.size)
    self.slices = slices
    finishedSteps = state?.finishedSteps ?? 0
    if let state {
      states = state.states
    } else {
      states = try slices.states(shapes, options.optimizer) {
        (_, _, index) throws(AllocationError) in
        try operations.zeros(slices.ownShape(index))
      }
    }
    muon = try Muon(shapes.muonMatrices(options.optimizer), operations: operations)
    sum = GradientSum(shapes, operations: operations)
    received = try operations.zeros([ranks.size > 1 ? slices.mostReceived : 0])
  }

  /// Adds one more micro-batch to the current step.
  ///
  /// Throws `training/not-finite` (status 7) for a loss of NaN or infinity, `AllocationError`, and
  /// `io/interrupted`; then `dropStep` forgets the micro-batches before it.
  public func add(_ batch: MicroBatch) throws {
    let gradients = try sum.zeros()
    let factor =
      options.lossNorm == .micro ? Float(1 / Double(max(1, batch.targets.count))) : 1
    let loss = try model.addGradients(of: batch, factor: factor, to: gradients)
    if let bad = loss.firstBad { throw try notFinite(loss: batch.sequences[bad]) }
    sum.add(gradients)
    reports.append(
      MicroBatchReport(
        loss: loss.sum, targets: loss.targets, length: batch.length, ids: batch.sequences.map(\.id),
        digests: batch.sequences.map(\.digest)))
  }

  /// Drops the micro-batches of an unfinished step.
  public func dropStep() {
    sum.reset()
    reports = []
  }

  /// Whether a step has begun and is not finished.
  var hasMicroBatches: Bool { !reports.isEmpty }

  /// Updates the parameters with the gradients of the micro-batches that were added; `all` are the reports
  /// of all ranks in their order, of which the first `active` have some.
  ///
  /// `look` is called with the step's gradients before clipping, and the factor that they must be
  /// multiplied by. Throws `training/not-finite` before anything is changed, and `AllocationError`.
  public func finishStep(
    _ all: [MicroBatchReport]? = nil, active: Int = 1,
    look: ((TrainedParameters<Tensor>, _ factor: Double) throws(Failure) -> Void)? = nil
  ) throws -> StepReport {
    let all = all ?? reports
    let gradients = try sum.total() ?? sum.zeros()
    precondition(!all.isEmpty, "a step without micro-batches")
    let began = ContinuousClock.now
    let place = "the gradients of step \(step)"
    addSlices(of: gradients, active: active, at: place)
    let targets = all.reduce(0) { $0 + $1.targets }
    let factor =
      options.lossNorm == .micro ? 1 / Double(all.count) : 1 / Double(max(1, targets))
    let norm = try norm(of: gradients, all, at: place) * factor
    if let look {
      share(gradients, at: place)
      try look(gradients, factor)
    }
    let scheduled = options.schedule.factor(finished: finishedSteps)
    finishedSteps += 1
    update(with: gradients, factor: factor * clipping(norm), scheduled: scheduled)
    share(masters, at: "the weights of step \(finishedSteps)")
    if reports.isEmpty { sum.giveBack(gradients) }
    var report = StepReport(
      step: finishedSteps, loss: loss(all, targets), gradientNorm: norm,
      rate: options.rate * scheduled, tokens: all.reduce(0) { $0 + $1.length },
      targets: targets, ids: all.flatMap(\.ids))
    dropStep()
    report.sentBytes = takeSentBytes()
    report.updateTime = ContinuousClock.now - began
    return report
  }

  private func loss(_ all: [MicroBatchReport], _ targets: Int) -> Double {
    switch options.lossNorm {
    case .micro:
      all.reduce(0) { $0 + $1.loss / Double(max(1, $1.targets)) } / Double(all.count)
    case .token: all.reduce(0) { $0 + $1.loss } / Double(max(1, targets))
    }
  }

  private func clipping(_ norm: Double) -> Double {
    options.clip > 0 ? min(1, options.clip / (norm + 1e-6)) : 1
  }

  private func norm(
    of gradients: TrainedParameters<Tensor>, _ all: [MicroBatchReport], at place: String
  ) throws(Failure) -> Double {
    let squares = squares(of: gradients, at: place)
    let norm = sqrt(squares.reduce(0, +))
    guard norm.isFinite else {
      let bad = squares.firstIndex { !$0.isFinite }
      throw notFinite(gradient: bad.map { gradients.named[$0].name }, ids: all.flatMap(\.ids))
    }
    return norm
  }

  private func update(
    with gradients: TrainedParameters<Tensor>, factor: Double, scheduled: Double
  ) {
    let states = states.values
    for (index, (parameter, gradient)) in zip(masters.named, gradients.values).enumerated() {
      let (name, decay) = (parameter.name, options.decay(of: parameter.name))
      let own = slices.own(parameter.value, index)
      if own.count == 0 { continue }
      let gradient = slices.own(gradient, index)
      switch states[index] {
      case .adamw(let first, let second):
        let step = AdamWStep(
          rate: options.rate(of: name) * scheduled, decay: decay, beta1: options.beta1,
          beta2: options.beta2, eps: options.epsilon, step: finishedSteps,
          gradientFactor: Float(factor))
        model.operations.adamW(
          own, gradient: gradient, first: first, second: second, step)
      case .muon(let momentum):
        let step = MuonStep(
          rate: options.rate(of: name, method: .muon) * scheduled, decay: decay,
          momentum: options.muonMomentum, adjustment: options.muonAdjustment,
          gradientFactor: factor)
        muon.step(own, gradient: gradient, momentum: momentum, step)
      }
    }
  }
}

extension Trainer {
  private var step: Int { finishedSteps + 1 }

  /// The failure of a sequence whose loss is no number, with where that came from.
  private func notFinite(loss sequence: TrainingSequence) throws(AllocationError) -> Failure {
    let features = try !sequence.hasFiniteFeatures(model.operations)
    let culprit = masters.named.first { !model.operations.finite($0.value) }
    let reason: String
    if features {
      reason = "its features hold NaN or infinity"
    } else if let culprit {
      reason = "\(culprit.name) holds NaN or infinity"
    } else {
      reason = "the logits are beyond what f32 holds"
    }
    return Self.notFinite(
      "step \(step): record id=\(escapedForTerminal(sequence.id))",
      "the loss is not finite: \(reason)")
  }

  /// Throws `training/not-finite` for parameters that hold NaN or infinity after the last step, which
  /// otherwise only the next step's loss would show.
  public func checkParameters() throws(Failure) {
    guard let bad = masters.named.first(where: { !model.operations.finite($0.value) }) else {
      return
    }
    throw Self.notFinite("step \(finishedSteps)", "\(bad.name) holds NaN or infinity")
  }

  /// The failure of gradients that hold NaN or infinity.
  private func notFinite(gradient name: String?, ids: [String]) -> Failure {
    let more = ids.count > 3 ? " and \(ids.count - 3) more" : ""
    return Self.notFinite(
      "step \(step): records \(ids.prefix(3).map { "id=\(escapedForTerminal($0))" }.joined(separator: ", "))\(more)",
      name.map { "the gradient of \($0) is not finite" } ?? "the gradients' norm overflows")
  }

  private static func notFinite(_ place: String, _ message: String) -> Failure {
    Failure(
      .notFinite, code: "training/not-finite", at: place, message,
      remedy:
        "use a lower --lr or --muon-lr, a --clip, or --precision f32; the last checkpoint is untouched"
    )
  }
}
