// Reads logs, skips invalid lines, and warns of oddities.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Records
import Streams
import ToolSupport
import TrainingCurves

/// A log and its name.
struct NamedRun {
  let name: String
  let log: RunLog

  /// One line for the curious.
  var summary: String {
    var text = "\(name): \(counted(log.steps.count, "step"))"
    if let last = log.steps.last {
      text += " to \(grouped(last.place.step)), last loss \(readable(last.loss))"
    }
    guard let best = log.best else { return text }
    return text
      + ", lowest held-out loss \(readable(best.loss)) at step \(grouped(best.place.step))"
  }
}

extension NamedRun {
  /// Losses and norms that have no place on a logarithmic axis: zero and less.
  var countWithoutLogarithm: Int {
    log.steps.reduce(0) { $0 + ($1.loss <= 0 ? 1 : 0) + ($1.norm <= 0 ? 1 : 0) }
      + log.evaluations.count { $0.loss <= 0 }
  }
}

struct LogReading {
  let session: Session

  /// The runs that have something to draw. Throws `plot/nothing` where none has.
  func read(_ paths: [String], named names: [String]) throws(Failure) -> [NamedRun] {
    let own = runNames(paths.map { $0 == "-" ? "stdin" : $0 })
    var runs: [NamedRun] = []
    for (index, path) in paths.enumerated() {
      let name = index < names.count ? names[index] : own[index]
      let log = try read(path)
      guard !log.isEmpty else {
        session.reporter.warning(
          "\(path == "-" ? "stdin" : escapedForTerminal(path)) has no step: left out")
        continue
      }
      if log.replaced > 0 {
        session.reporter.warning(
          "\(escapedForTerminal(path)): steps go back: \(counted(log.replaced, "line")) replaced"
            + " by later ones")
      }
      runs.append(NamedRun(name: name, log: log))
    }
    guard !runs.isEmpty else {
      throw Failure(
        .invalidInput, code: "plot/nothing", "expected logs of training, found no step in them",
        remedy: "give what llava-train --log writes")
    }
    return runs
  }

  /// The lines of a log whose faults are told one by one: a file of another kind has many.
  private static let mostReported = 5

  private func read(_ path: String) throws(Failure) -> RunLog {
    let reader = try session.objectReader(path, format: .jsonl)
    var log = RunLog()
    var skipped = 0
    while let line = try reader.next() {
      do throws(Failure) {
        try log.add(try line.result.get())
      } catch {
        skipped += 1
        try session.recordSkipped(
          error, at: line.record, isReported: skipped <= Self.mostReported)
        continue
      }
      session.recordDone()
    }
    if skipped > Self.mostReported {
      let more = counted(skipped - Self.mostReported, "more line")
      session.reporter.warning("\(escapedForTerminal(reader.name)): \(more) skipped")
    }
    return log
  }
}
