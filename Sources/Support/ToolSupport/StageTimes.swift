// Where the time of a run went, for --verbose.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The stages of a run and the seconds in each. For the thread that runs the tool.
public final class StageTimes {
  private let start = monotonicSeconds()
  private var stages: [(name: String, seconds: Double)] = []

  init() {}

  /// Call before the first record: all until now was the stage `start`, as reading the model is.
  public func endStart() { add(monotonicSeconds() - start - measured, to: "start") }

  /// Does `work`, as a part of the stage `name`; of stages within each other the inner one counts.
  public func measure<Result>(_ name: String, _ work: () throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    let (before, inner) = (monotonicSeconds(), measured)
    defer { add(monotonicSeconds() - before - (measured - inner), to: name) }
    return try work()
  }

  /// Counts `seconds` to the stage `name`, which begins here where it is new; `from`: the stage that they
  /// were counted to so far.
  public func add(_ seconds: Double, to name: String, from other: String? = nil) {
    if let index = stages.firstIndex(where: { $0.name == name }) {
      stages[index].seconds += seconds
    } else {
      let place = stages.firstIndex { $0.name == other } ?? stages.count
      stages.insert((name, seconds), at: place)
    }
    if let index = stages.firstIndex(where: { $0.name == other }) {
      stages[index].seconds -= seconds
    }
  }

  /// Seconds so far in the stage `name`.
  public func seconds(in name: String) -> Double {
    stages.first { $0.name == name }?.seconds ?? 0
  }

  private var measured: Double { stages.reduce(0) { $0 + $1.seconds } }

  /// All stages in their order, and what is left of the whole; none where none was measured.
  var rows: [(name: String, seconds: Double)] {
    if stages.isEmpty { return [] }
    return stages + [("rest", max(0, monotonicSeconds() - start - measured))]
  }

  /// `start 0.52 s, pictures 3.20 s, rest 0.10 s: 3.82 s`
  static func text(_ rows: [(name: String, seconds: Double)]) -> String {
    let parts = rows.map { "\($0.name) \(hundredths($0.seconds)) s" }
    return parts.joined(separator: ", ")
      + ": \(hundredths(rows.reduce(0) { $0 + $1.seconds })) s"
  }
}
