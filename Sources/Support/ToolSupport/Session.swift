// One run of a tool: what it has done, what it skipped, and how it ends.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Records
import Streams

/// Counts records and enforces `--strict` and `--max-skips`. For the thread that runs the tool.
public final class Session {
  public let tool: String
  public let settings: Settings
  public let reporter: Reporter
  /// Where its time goes, told with `--verbose`.
  public let times = StageTimes()
  /// What is said of a run that a signal stops; nil for nothing.
  public var lastWord: (() -> String)?
  /// Whether the failure that ends the run has been reported already.
  public private(set) var isFailureTold = false
  /// The number of records to come in all, where it is known; progress shows it.
  public var total: Int?
  public private(set) var done = 0
  public private(set) var skipped = 0
  /// How many records were skipped here for which reason.
  public private(set) var reasons: [String: Int] = [:]
  /// How many of those that were made had images, and how many had none.
  private var seeing = 0
  private var blind = 0
  private var countsBytes = false
  private var checks: [() throws(Failure) -> Void] = []

  public init(tool: String, settings: Settings) {
    self.tool = tool
    self.settings = settings
    reporter = Reporter(
      tool: tool, format: settings.errors, isQuiet: settings.isQuiet,
      isSilent: settings.isSilent,
      writesToStandardOutput: !settings.writesAtEnd
        && (settings.output == nil || settings.output == "-"))
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

  /// What the tool does at the moment, behind the progress.
  public var stage: String?

  /// Call for each record that was made; `images`: how many it has, where the tool knows.
  /// `showsProgress`: false for a tool that shows something else meanwhile.
  public func recordDone(images: Int? = nil, showsProgress: Bool = true) {
    done += 1
    if let images, images > 0 { seeing += 1 }
    if images == 0 { blind += 1 }
    if showsProgress { reporter.update(done: done + skipped, total: total, stage: stage) }
  }

  /// For tools that work on bytes, not records: shows that `done` of `total` are through.
  public func showProgress(bytes done: Int, of total: Int) {
    countsBytes = true
    reporter.update(done: done, total: total, inBytes: true)
  }

  /// Reports why the run ends before it does: a launcher kills other ranks as soon as one has ended.
  public func tell(_ failure: Failure) {
    reporter.error(failure)
    isFailureTold = true
  }

  /// Removes the progress line before stdout gets the result.
  public func endProgress() { reporter.endProgress() }

  /// Call for each record that cannot be made, before its skip record is written.
  ///
  /// Throws the failure itself with `--strict`, `skips/too-many` above `--max-skips`, and always a
  /// failure that is no record's fault (the system's, our own): a skip record is final, and what
  /// the system lacked this time another run may have. `isReported`: false where the reason is kept
  /// in a file beside the output.
  public func recordSkipped(_ failure: Failure, at record: Record, isReported: Bool = true)
    throws(Failure)
  {
    guard failure.spoilsRecordOnly else { throw failure }
    if settings.isStrict { throw failure.at(record) }
    if isReported { reporter.skip(failure.at(record)) }
    reasons[failure.code, default: 0] += 1
    try count()
  }

  /// Call for each skip of an earlier tool that is passed on; it was reported there.
  public func skipPassedOn(_ mark: SkipMark, at record: Record) throws(Failure) {
    if settings.isStrict {
      throw Failure(
        .invalidInput, code: mark.code,
        "skipped by an earlier tool: \(escapedForTerminal(mark.message))"
      ).at(record)
    }
    try count()
  }

  private func count() throws(Failure) {
    skipped += 1
    reporter.update(done: done + skipped, total: total, stage: stage)
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
    // Where some records have images, one without may be one whose image went unnoticed.
    let isMixed = seeing > 0 && blind > 0
    if skipped > 0 || isMixed || (settings.isVerbose && !countsBytes) {
      let images = isMixed ? ", \(grouped(blind)) without an image" : ""
      reporter.note("\(grouped(done)) done\(images), \(grouped(skipped)) skipped")
    }
    if settings.isVerbose { reporter.times(times.rows) }
    return skipped > 0 ? .skippedRecords : .complete
  }
}
