// How long a run will still take, from what it took so far.
// SPDX-License-Identifier: Apache-2.0

/// Predicts the remaining seconds. Steps are weighted by their positions, since order and grouping
/// may put the long records last; evaluations and checkpoints are counted separately.
public struct RemainingTime: Sendable {
  /// What is still to come.
  public struct Course: Equatable, Sendable {
    public var totalSteps: Int
    /// Positions of all remaining steps; nil if unknown.
    public var rowsLeft: Double?
    /// Steps between evaluations, 0: at the end alone; nil: there are none.
    public var evaluateEvery: Int?
    /// Steps between checkpoints, 0: none.
    public var saveEvery = 0
    /// Before the first has been timed: of an evaluation its share of a usual step's seconds.
    public var stepsPerEvaluation = 0.0
    /// The same of a checkpoint, in seconds; and of writing the result.
    public var secondsPerSave = 0.0

    public init(totalSteps: Int, rowsLeft: Double?) {
      (self.totalSteps, self.rowsLeft) = (totalSteps, rowsLeft)
    }
  }

  private let course: Course
  private var finished: Int
  private var rowsDone = 0.0
  /// Of the steps that count: how many, and the sums of positions, seconds, and of these those that do
  /// not depend on positions.
  private var count = 0.0
  private var sums = (rows: 0.0, seconds: 0.0, fixed: 0.0)
  private var isFirst = true
  private var evaluations = (count: 0, seconds: 0.0)
  private var saves = (count: 0, seconds: 0.0)

  public init(_ course: Course, finishedSteps: Int) {
    (self.course, finished) = (course, finishedSteps)
  }

  /// Takes a step of so many positions, without what was evaluated or saved meanwhile; `fixed` of its
  /// seconds it would have taken whatever its length: the optimiser's.
  public mutating func addStep(rows: Int, seconds: Double, fixed: Double = 0) {
    finished += 1
    rowsDone += Double(rows)
    // The first one touches memory that no step has touched, and is slower than all others.
    if isFirst, count == 1 { (count, sums, isFirst) = (0, (0, 0, 0), false) }
    count += 1
    sums.rows += Double(rows)
    sums.seconds += seconds
    sums.fixed += min(fixed, seconds)
  }

  public mutating func addEvaluation(seconds: Double) {
    evaluations = (evaluations.count + 1, evaluations.seconds + seconds)
  }

  public mutating func addSave(seconds: Double) {
    saves = (saves.count + 1, saves.seconds + seconds)
  }

  /// Seconds until the end; nil before the first step.
  public var left: Double? {
    guard count > 0 else { return nil }
    let steps = Double(max(0, course.totalSteps - finished))
    let mean = sums.seconds / count
    var seconds = steps * mean
    if let rows = course.rowsLeft, steps > 0, sums.rows > 0 {
      let usual = sums.rows / count
      let difference = max(0, rows - rowsDone) - steps * usual
      seconds = max(0, seconds + (sums.seconds - sums.fixed) / sums.rows * difference)
    }
    let perEvaluation =
      evaluations.count > 0
      ? evaluations.seconds / Double(evaluations.count) : course.stepsPerEvaluation * mean
    let perSave = saves.count > 0 ? saves.seconds / Double(saves.count) : course.secondsPerSave
    return seconds + Double(evaluationsLeft) * perEvaluation
      + Double(savesLeft) * perSave + (steps > 0 ? course.secondsPerSave / 3 : 0)
  }

  private var evaluationsLeft: Int {
    guard let every = course.evaluateEvery, course.totalSteps > finished else { return 0 }
    guard every > 0 else { return 1 }
    let end = course.totalSteps % every == 0 ? 0 : 1
    return course.totalSteps / every - finished / every + end
  }

  /// No checkpoint follows the last step.
  private var savesLeft: Int {
    guard course.saveEvery > 0, course.totalSteps > finished else { return 0 }
    return (course.totalSteps - 1) / course.saveEvery - finished / course.saveEvery
  }
}
