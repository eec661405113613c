// Held-out records: when they are evaluated, and how that affects the run.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import TrainingRuns

struct EvaluationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Measure loss and accuracy on the held-out records of this file.",
      valueName: "file"), completion: .file())
  var eval: String?

  @Option(
    help: ArgumentHelp(
      "Evaluate every so many steps, and at the end; default: only at the end.", valueName: "steps")
  )
  var evalEvery: Int?

  @Flag(help: "Keep the checkpoint of the lowest held-out loss, and make it the result.")
  var keepBest = false

  @Option(
    help: ArgumentHelp(
      "Stop after so many evaluations in a row without a new best.",
      valueName: "count"))
  var patience: Int?

  func validate() throws {
    if eval == "-" || eval == "" {
      throw ValidationError(
        "--eval names a file that is read again and again, found '\(eval ?? "")'")
    }
    if evalEvery != nil, eval == nil {
      throw ValidationError("--eval-every needs the held-out records: name them with --eval")
    }
    for (name, isGiven) in [("keep-best", keepBest), ("patience", patience != nil)]
    where isGiven && evalEvery == nil {
      throw ValidationError("--\(name) needs --eval and --eval-every")
    }
    if let evalEvery, !(1...TrainingSettings.mostSteps).contains(evalEvery) {
      throw ValidationError(
        "--eval-every must be 1 to \(TrainingSettings.mostSteps), found \(evalEvery)")
    }
    if let patience, !(1...65536).contains(patience) {
      throw ValidationError("--patience must be 1 to 65536, found \(patience)")
    }
  }

  /// Whether evaluations decide what the result is; without that they change no byte of it.
  var decides: Bool { keepBest || patience != nil }

  /// What a resumed run must share.
  func description(_ records: HeldOutRecords) -> JSONObject {
    [
      "file": .string(records.digest), "every": .int(evalEvery ?? 0),
      "keep_best": .bool(keepBest), "patience": .int(patience ?? 0),
    ]
  }
}
