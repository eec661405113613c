// Whether all ranks agree on version, model, data, options and the step that they resume from.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Ranks
import ToolSupport
import TrainingRuns

extension RankGroup {
  /// Holds every rank's run against rank 0's: `description` has digests of model and data.
  ///
  /// Throws `ranks/other-run` (status 6) on every rank, with who differs in what.
  func compare(
    _ description: JSONObject, finishedSteps: Int, kernels: String, warn: (String) -> Void
  )
    throws(Failure)
  {
    if size == 1 { return }
    var own = description
    own["version"] = .string(suiteVersion)
    own["finished_steps"] = .int(finishedSteps)
    let all = try exchange(
      ["run": .object(own), "kernels": .string(kernels)], at: "the first step")
    let first = all[0]["run"]?.object ?? JSONObject()
    for rank in 1..<size {
      let found = all[rank]["run"]?.object ?? JSONObject()
      guard
        let differences = RunDescription.differences(found, "there", first, "at rank 0")
      else { continue }
      throw Failure(
        .mismatch, code: "ranks/other-run", at: name(rank), "it is of another run: \(differences)",
        remedy: "give all ranks the same llava-train, model, data and options")
    }
    let sets = Set(all.map { $0["kernels"]?.string ?? "" }).sorted()
    if sets.count > 1 {
      warn(
        "ranks compute with different sets of kernels, \(sets.joined(separator: " and ")): results"
          + " depend on who computes what (LLAVA_CPU sets a ceiling for all)")
    }
  }
}
