// What a run's evaluations have come to: the best one, and how long ago that was.
// SPDX-License-Identifier: Apache-2.0
import JSON
import Training

/// The evaluations of a run so far.
public struct EvaluationHistory: Equatable, Sendable {
  /// The lowest held-out loss, and the first step with it.
  public struct Best: Equatable, Sendable {
    public var step: Int
    public var loss: Double
  }

  /// The step that was evaluated last; 0 before the first.
  public private(set) var step = 0
  /// Nil until a loss is finite.
  public private(set) var best: Best?
  /// Evaluations since the best.
  public private(set) var sinceBest = 0

  public init() {}

  /// Adds the loss of `step`, nil for NaN or infinity; returns whether it is the lowest so far.
  public mutating func add(step: Int, loss: Double?) -> Bool {
    self.step = step
    guard let loss, loss < best?.loss ?? .infinity else {
      sinceBest += 1
      return false
    }
    best = Best(step: step, loss: loss)
    sinceBest = 0
    return true
  }

  /// The losses in full: a resumed run compares as the first one did.
  public var json: JSONObject {
    var json: JSONObject = ["step": .int(step)]
    if let best {
      json["best_step"] = .int(best.step)
      json["best_loss"] = .double(best.loss)
    }
    json["since_best"] = .int(sinceBest)
    return json
  }

  init?(_ object: JSONObject) {
    guard let step = object["step"]?.int, let sinceBest = object["since_best"]?.int,
      [step, sinceBest].allSatisfy(Manifest.counts.contains)
    else { return nil }
    (self.step, self.sinceBest) = (step, sinceBest)
    guard object["best_step"] != nil || object["best_loss"] != nil else { return }
    guard let best = object["best_step"]?.int, (0...step).contains(best),
      let loss = object["best_loss"]?.double, loss.isFinite
    else { return nil }
    self.best = Best(step: best, loss: loss)
  }
}

/// One evaluation, for the log and for people.
public struct EvaluationReport: Sendable {
  /// Steps that were done.
  public var step: Int
  public var evaluation: Evaluation
  /// With this evaluation.
  public var history: EvaluationHistory

  public init(step: Int, evaluation: Evaluation, history: EvaluationHistory) {
    (self.step, self.evaluation, self.history) = (step, evaluation, history)
  }
}
