// The only place that writes messages: errors, skips, warnings, progress.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON
import Synchronization

/// Writes whole lines to stderr, over a progress line where there is one.
public final class Reporter: Sendable {
  let tool: String
  private let format: ErrorFormat
  private let isQuiet, isSilent: Bool
  /// Present where stderr is a terminal that someone watches.
  private let progress: Mutex<Progress>?

  /// `writesToStandardOutput`: a progress line and data on the same terminal would spoil each other, and
  /// of the tools of a pipe only the last one shows how far it is.
  public init(
    tool: String, format: ErrorFormat = .text, isQuiet: Bool = false, isSilent: Bool = false,
    writesToStandardOutput: Bool = true
  ) {
    self.tool = tool
    self.format = format
    (self.isQuiet, self.isSilent) = (isQuiet || isSilent, isSilent)
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    let isMixed = writesToStandardOutput && (isatty(1) == 1 || isPipe(1))
    let isWatched =
      isatty(2) == 1 && !isMixed && terminal != "dumb" && format == .text && !self.isQuiet
    progress = isWatched ? Mutex(Progress(tool: tool)) : nil
  }

  /// Reports why the tool ends.
  public func error(_ failure: Failure) { line("error", failure) }

  /// Reports why a record is skipped.
  public func skip(_ failure: Failure) {
    var failure = failure
    // One line per record, whatever an earlier tool's message holds.
    if format == .text { failure.message = escapedForTerminal(failure.message) + ": skipped" }
    line("skip", failure)
  }

  /// Reports something odd that changes nothing.
  public func warning(_ text: String) {
    if isQuiet { return }
    line("warning", Failure(.complete, code: "warning", text))
  }

  /// Writes a line for the curious.
  public func note(_ text: String) {
    if isQuiet { return }
    switch format {
    case .text: write("\(tool): \(escapedForTerminal(Self.bounded(text)))\n")
    case .json: line("note", Failure(.complete, code: "note", text))
    }
  }

  /// Writes where the time of several tools went, stages and their seconds: as the lines of `table`, or as
  /// a note for each tool, which is its `place`.
  public func times(
    _ tools: [(name: String, rows: [(name: String, seconds: Double)])], table: [String]
  ) {
    if isQuiet { return }
    switch format {
    case .text: for line in table { write(escapedForTerminal(Self.bounded(line)) + "\n") }
    case .json:
      for tool in tools where !tool.rows.isEmpty { writeTimes(tool.rows, place: tool.name) }
    }
  }

  /// Writes where the time went; `rows`: stages and their seconds.
  func times(_ rows: [(name: String, seconds: Double)]) {
    if isQuiet || rows.isEmpty { return }
    switch format {
    case .text: write("\(tool): \(StageTimes.text(rows))\n")
    case .json: writeTimes(rows, place: nil)
    }
  }

  private func writeTimes(_ rows: [(name: String, seconds: Double)], place: String?) {
    var (object, seconds) = (Self.object("note", "times", tool: tool), JSONObject())
    for row in rows { seconds[row.name] = .double((row.seconds * 1e6).rounded() / 1e6) }
    object["place"] = place.map(JSONValue.string)
    object["message"] = .string(StageTimes.text(rows))
    object["seconds"] = .object(seconds)
    write(JSONValue.object(object).serializedString + "\n")
  }

  /// Has the lines ready that are written where nothing can be computed any more.
  /// `memory`: what is said where memory is out.
  public func prepareLastWords(memory: Failure = .outOfMemory()) {
    let changed = Failure(
      .invalidInput, code: "file/changed", "a mapped file became shorter while it was read")
    Interruption.setLastWords(
      memory: rendered("error", memory), fileChanged: rendered("error", changed))
  }

  /// Shows how far the tool is, now and then.
  func update(done: Int, total: Int?, inBytes: Bool = false, stage: String? = nil) {
    progress?.withLock { progress in
      let text = progress.text(
        done: done, total: total, inBytes: inBytes, stage: stage, columns: terminalColumns())
      if let text { writeError("\r\(text)\u{1b}[K") }
    }
  }

  /// Shows what `make` makes in the place of the progress line, now and then; `isNew`: at once.
  public func showStatus(isNew: Bool = false, _ make: () -> String) {
    progress?.withLock { progress in
      if isNew { progress.show() } else if !progress.isDue() { return }
      let text = Progress.fitting("\(tool)  \(make())", columns: terminalColumns())
      writeError("\r\(text)\u{1b}[K")
    }
  }

  /// Removes the progress line.
  func endProgress() {
    progress?.withLock { progress in
      if progress.isShown { writeError("\r\u{1b}[K") }
      progress.isShown = false
    }
  }

  private func line(_ level: String, _ failure: Failure) { write(rendered(level, failure)) }

  private func rendered(_ level: String, _ failure: Failure) -> String {
    switch format {
    case .text: Self.text(failure, tool: tool, level: level) + "\n"
    case .json: Self.json(failure, tool: tool, level: level) + "\n"
    }
  }

  private func write(_ text: String) {
    if isSilent { return }
    endProgress()
    writeError(text)
  }

  /// `tool: place: message (remedy)`; the remedy of a message of several lines has its own.
  static func text(_ failure: Failure, tool: String, level: String = "error") -> String {
    var text = "\(tool): "
    if level == "warning" { text += "warning: " }
    if let place = failure.place, !place.isEmpty {
      text += escapedForTerminal(bounded(place: place)) + ": "
    }
    text += escapedLinesForTerminal(bounded(failure.message))
    guard let remedy = failure.remedy else { return text }
    let separator = failure.message.contains("\n") ? "\n  " : " "
    return text + separator + "(\(escapedForTerminal(bounded(remedy))))"
  }

  /// Room for the longest path with the record's place before it; a record's id can have any length.
  private static func bounded(place: String) -> String {
    place.shortenedInTheMiddle(bytes: longestPath + 513)
  }

  /// What a message, or a remedy, quotes of the user's data can have any length too.
  private static func bounded(_ text: String) -> String {
    text.shortenedInTheMiddle(bytes: 16 << 10)
  }

  private static func object(_ level: String, _ code: String, tool: String) -> JSONObject {
    ["tool": .string(tool), "level": .string(level), "code": .string(code)]
  }

  static func json(_ failure: Failure, tool: String, level: String) -> String {
    var object = object(level, failure.code, tool: tool)
    object["place"] = failure.place.map { .string(bounded(place: $0)) }
    object["message"] = .string(bounded(failure.message))
    object["remedy"] = failure.remedy.map { .string(bounded($0)) }
    return escapedJSONForTerminal(JSONValue.object(object).serializedString)
  }
}

private func isPipe(_ descriptor: Int32) -> Bool {
  var status = stat()
  return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
}

/// How wide the terminal at stderr is; 80 where nobody knows.
private func terminalColumns() -> Int {
  var size = winsize()
  let isKnown = ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
  return isKnown ? Int(size.ws_col) : 80
}

/// Writes `text` to stderr as far as that is possible: there is nowhere to report its failure.
func writeError(_ text: String) {
  try? FileSink(descriptor: 2, name: "stderr").write(text)
}
