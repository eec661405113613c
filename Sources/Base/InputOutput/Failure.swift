// The one error that reaches a user: what happened, where, and the exit status it deserves.
// SPDX-License-Identifier: Apache-2.0

/// How a tool ends; every man page lists these under EXIT STATUS.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  case complete = 0
  /// Complete, but at least one record was skipped and reported.
  case skippedRecords = 1
  case usage = 2
  /// Input invalid, corrupt or cut short.
  case invalidInput = 3
  /// The operating system refused a read or a write.
  case inputOutput = 4
  /// Input exceeds a limit; the message names the flag that raises it.
  case limitExceeded = 5
  /// Valid inputs that do not fit each other: shapes, vocabularies, versions.
  case mismatch = 6
  /// Training produced NaN or infinity.
  case notFinite = 7
  /// A bug in the program.
  case internalError = 70
}

/// What a caller may do about a failure besides passing it on. The behaviour of a program depends on this
/// and on the status, never on a code's or a message's text.
public enum FailureKind: Sendable {
  case ordinary
  /// A file that a record names does not exist, or may not be read.
  case unreadableFile
  /// The machine lacks memory, descriptors or the like: no record is at fault.
  case shortage
  /// The system refused a call, whatever the file holds: the same call may succeed next time.
  case system
  /// The input ends inside something that it began.
  case cut
  /// The input ends where it may, but without its end mark.
  case noEndMark
  /// Options and input contradict each other, such as a recipe and a stream: no record is at fault.
  case wholeRun
  /// A signal asked to stop.
  case interrupted
  /// The bytes are in a format other than the expected one.
  case otherFormat
}

/// An error with its stable code, its place and its remedy, shown to the user as one line.
///
/// The line is `tool: place: message (remedy)`; the parts are kept apart so that a skip record can
/// carry the code and the message without the rest.
public struct Failure: Error, Equatable, Sendable {
  public var status: ExitStatus
  /// A stable machine-readable name such as `image/truncated` or `stream/no-end`.
  public var code: String
  /// Where: `photos/a.jpg`, `stdin: record 17 id=abc`, `model.safetensors:byte 40`.
  public var place: String?
  /// What was expected and what was found. Line breaks are the message's own, a table's say: names
  /// from files go through `escapedForTerminal`.
  public var message: String
  /// What to do about it.
  public var remedy: String?
  public var kind: FailureKind

  public init(
    _ status: ExitStatus, code: String, at place: String? = nil, _ message: String,
    remedy: String? = nil, kind: FailureKind = .ordinary
  ) {
    self.status = status
    self.code = code
    self.place = place
    self.message = message
    self.remedy = remedy
    self.kind = kind
  }

  /// Whether a record is at fault, so that it is skipped and the run goes on.
  public var spoilsRecordOnly: Bool {
    switch status {
    case .invalidInput, .limitExceeded, .mismatch: kind != .shortage && kind != .wholeRun
    default: false
    }
  }

  /// Whether the system is at fault, so that the file may exist all the same.
  public var isOfSystem: Bool { kind == .system || kind == .shortage }

  /// The same failure, found at `outer` (prefixed to a place it already has, except to the name of
  /// the file that `outer` begins with). A byte of a file is `file:byte N` everywhere.
  public func at(_ outer: String) -> Failure {
    var failure = self
    if let place, place.hasPrefix("\(outer):") { return self }
    if let place, !outer.hasPrefix("\(place):"), place != outer {
      failure.place = place.hasPrefix("byte ") ? "\(outer):\(place)" : "\(outer): \(place)"
    } else {
      failure.place = outer
    }
    return failure
  }
}

/// The result of `body`; nil if what it reads is missing or unusable, for callers that can do without it.
/// Throws if the system is at fault: continuing without it would give a different result.
public func ifUsable<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result? {
  do throws(Failure) { return try body() } catch {
    if error.isOfSystem { throw error }
    return nil
  }
}
