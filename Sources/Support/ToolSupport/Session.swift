// One run of a tool: what it has done, what it skipped, and how it ends.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams

/// Counts records and enforces `--strict` and `--max-skips`. For the thread that runs the tool.
public final class Session {
  public let tool: String
  public let settings: Settings
  public let reporter: Reporter
  /// The number of records to come in all, where it is known; progress shows it.
  public var total: Int?
  public private(set) var done = 0
  public private(set) var skipped = 0
  private var checks: [() throws(Failure) -> Void] = []

  public init(tool: String, settings: Settings) {
    self.tool = tool
    self.settings = settings
    reporter = Reporter(
      tool: tool, format: settings.errors, isQuiet: settings.isQuiet,
      writesToStandardOutput: settings.output == nil || settings.output == "-")
  }

  /// What the stream's header names as its maker.
  public var producer: String { producerName(tool) }

  /// Has `check` called before a stream gets its end mark and a file its name: what it throws spoils
  /// the whole output, as a checkpoint that was overwritten meanwhile does.
  public func beforeEnd(_ check: @escaping () throws(Failure) -> Void) { checks.append(check) }

  /// Calls what `beforeEnd` was given.
  func checkBeforeEnd() throws(Failure) {
    for check in checks { try check() }
  }

  /// Call for each record that was made.
  public func recordDone() {
    done += 1
    reporter.update(done: done + skipped, total: total)
  }

  /// Call for each record that cannot be made, before its skip record is written.
  ///
  /// Throws the failure itself with `--strict`, `skips/too-many` above `--max-skips`, and always a
  /// failure that is no record's fault (the system's, memory's, our own).
  public func recordSkipped(_ failure: Failure) throws(Failure) {
    switch failure.status {
    // Memory that is short says nothing of the record, which a later run may make.
    case .limitExceeded where failure.code == "memory/exhausted": throw failure
    case .invalidInput, .limitExceeded, .mismatch: break
    case .inputOutput where failure.code == "io/open" || failure.code == "io/read": break
    default: throw failure
    }
    if settings.isStrict { throw failure }
    reporter.skip(failure)
    try count()
  }

  /// Call for each skip record of an earlier tool that is passed on; it was reported there.
  public func skipPassedOn(_ record: SkipRecord) throws(Failure) {
    try skipPassedOn(code: record.code, message: record.message, id: record.id)
  }

  /// The same for a JSONL object that has `skipped`.
  public func skipPassedOn(code: String, message: String, id: String) throws(Failure) {
    if settings.isStrict {
      throw Failure(
        .invalidInput, code: code, at: "id=\(id)",
        "skipped by an earlier tool: \(escapedForTerminal(message))")
    }
    try count()
  }

  private func count() throws(Failure) {
    skipped += 1
    reporter.update(done: done + skipped, total: total)
    guard settings.maxSkips?.isExceeded(skipped: skipped, total: done + skipped) == true else {
      return
    }
    throw Failure(
      .invalidInput, code: "skips/too-many",
      "\(grouped(skipped)) of \(grouped(done + skipped)) records skipped",
      remedy: "see the reasons above, or raise --max-skips")
  }

  /// The status of a run that came to its end.
  func conclude() -> ExitStatus {
    reporter.endProgress()
    if skipped > 0 || settings.isVerbose {
      reporter.note("\(grouped(done)) done, \(grouped(skipped)) skipped")
    }
    return skipped > 0 ? .skippedRecords : .complete
  }
}
