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
  private let isQuiet: Bool
  /// Present where stderr is a terminal that someone watches.
  private let progress: Mutex<Progress>?

  /// `writesToStandardOutput`: a progress line and data on the same terminal would spoil each other, and
  /// of the tools of a pipe only the last one shows how far it is.
  public init(
    tool: String, format: ErrorFormat = .text, isQuiet: Bool = false,
    writesToStandardOutput: Bool = true
  ) {
    self.tool = tool
    self.format = format
    self.isQuiet = isQuiet
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    let isMixed = writesToStandardOutput && (isatty(1) == 1 || isPipe(1))
    let isWatched =
      isatty(2) == 1 && !isMixed && terminal != "dumb" && format == .text && !isQuiet
    progress = isWatched ? Mutex(Progress(tool: tool)) : nil
  }

  /// Reports why the tool ends.
  public func error(_ failure: Failure) { line("error", failure) }

  /// Reports why a record is skipped.
  public func skip(_ failure: Failure) {
    var failure = failure
    // A line a record, whatever an earlier tool's message holds.
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
    case .text: write("\(tool): \(escapedForTerminal(text))\n")
    case .json: line("note", Failure(.complete, code: "note", text))
    }
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
  func update(done: Int, total: Int?, inBytes: Bool = false) {
    progress?.withLock { progress in
      if let text = progress.text(done: done, total: total, inBytes: inBytes) {
        writeError("\r\(text)\u{1b}[K")
      }
    }
  }

  /// Shows `text` in the place of the progress line, now and then: what `make` makes of it.
  public func showStatus(_ make: () -> String) {
    progress?.withLock { progress in
      if progress.isDue() { writeError("\r\(tool)  \(make())\u{1b}[K") }
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
    endProgress()
    writeError(text)
  }

  /// `tool: place: message (remedy)`; the remedy of a message of several lines has its own.
  static func text(_ failure: Failure, tool: String, level: String = "error") -> String {
    var text = "\(tool): "
    if level == "warning" { text += "warning: " }
    if let place = failure.place, !place.isEmpty { text += escapedForTerminal(place) + ": " }
    text += escapedLinesForTerminal(failure.message)
    guard let remedy = failure.remedy else { return text }
    let separator = failure.message.contains("\n") ? "\n  " : " "
    return text + separator + "(\(escapedForTerminal(remedy)))"
  }

  static func json(_ failure: Failure, tool: String, level: String) -> String {
    var object: JSONObject = [
      "tool": .string(tool), "level": .string(level), "code": .string(failure.code),
    ]
    object["place"] = failure.place.map(JSONValue.string)
    object["message"] = .string(failure.message)
    object["remedy"] = failure.remedy.map(JSONValue.string)
    return escapedJSONForTerminal(JSONValue.object(object).serializedString)
  }
}

private func isPipe(_ descriptor: Int32) -> Bool {
  var status = stat()
  return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
}

/// Writes `text` to stderr as far as that is possible: there is nowhere to report its failure.
func writeError(_ text: String) {
  try? FileSink(descriptor: 2, name: "stderr").write(text)
}
