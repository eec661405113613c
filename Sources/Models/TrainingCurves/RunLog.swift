// The log of a run, read back: its steps and its evaluations.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// What `llava-train --log` wrote, line by line. Numbers that are missing, null or beyond a double
/// are NaN.
public struct RunLog: Sendable {
  /// Where a line stands: how far the run was.
  public struct Place: Sendable {
    public var step: Int
    /// Trained on until then, as far as the log tells.
    public var records = 0.0
    public var tokens = 0.0
  }

  public struct Step: Sendable {
    public var place: Place
    public var loss, norm, rate: Double
  }

  public struct Evaluation: Sendable {
    public var place: Place
    public var loss, accuracy: Double
  }

  public private(set) var steps: [Step] = []
  public private(set) var evaluations: [Evaluation] = []
  /// Lines that a later one took the place of.
  public private(set) var replaced = 0

  public init() {}

  public var isEmpty: Bool { steps.isEmpty && evaluations.isEmpty }

  /// Takes a line. Where steps go back, as in logs of a run that went on from a checkpoint, put
  /// behind each other, what was said of this step and of later ones is dropped.
  ///
  /// A line of a step with nothing that is known is passed over. Throws `log/step` for one without a
  /// step, and `log/number` where a number is something else.
  public mutating func add(_ line: JSONObject) throws(Failure) {
    let step = try Self.step(line)
    let evaluation = try Self.members(line, ["eval_loss"], ["eval_accuracy"])
    let training = try Self.members(line, ["loss"], ["grad_norm"], ["lr", "learning_rate"])
    if let training {
      while let last = steps.last, last.place.step >= step {
        steps.removeLast()
        replaced += 1
      }
      dropEvaluations(from: step)
      var place = steps.last?.place ?? Place(step: step)
      place.step = step
      place.records += Double(line["ids"]?.array?.count ?? 0)
      if let tokens = line["tokens"]?.double, tokens >= 0 { place.tokens += tokens }
      steps.append(
        Step(place: place, loss: training[0], norm: training[1], rate: training[2]))
    }
    guard let evaluation else { return }
    dropEvaluations(from: step)
    var place = steps.last?.place ?? Place(step: step)
    place.step = step
    evaluations.append(Evaluation(place: place, loss: evaluation[0], accuracy: evaluation[1]))
  }

  private mutating func dropEvaluations(from step: Int) {
    while let last = evaluations.last, last.place.step >= step {
      evaluations.removeLast()
      replaced += 1
    }
  }

  /// The evaluation of the lowest held-out loss, the first of equals.
  public var best: Evaluation? {
    evaluations.filter { !$0.loss.isNaN }.min { $0.loss < $1.loss }
  }

  /// Python's writers make 3.0 of 3.
  private static func step(_ line: JSONObject) throws(Failure) -> Int {
    if let number = line["step"]?.double, let step = Int(exactly: number),
      (0...1 << 53).contains(step)
    {
      return step
    }
    let found = line["step"] == nil ? "none" : "something else"
    throw Failure(
      .invalidInput, code: "log/step",
      "expected a member step, a whole number of 0 or more, found \(found)",
      remedy: "give what llava-train --log writes")
  }

  /// A number for each of `spellings`; nil where the line has none of them.
  private static func members(_ line: JSONObject, _ spellings: [String]...) throws(Failure)
    -> [Double]?
  {
    var (numbers, isThere): ([Double], Bool) = ([], false)
    for names in spellings {
      guard let name = names.first(where: { line[$0] != nil }), let value = line[name] else {
        numbers.append(.nan)
        continue
      }
      isThere = true
      switch value {
      case .null: numbers.append(.nan)
      case .number(let number): numbers.append(number.double ?? .nan)
      default:
        throw Failure(
          .invalidInput, code: "log/number",
          "expected \(name) to be a number or null, found something else",
          remedy: "give what llava-train --log writes")
      }
    }
    return isThere ? numbers : nil
  }
}
