// The options that all tools share and spell alike.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Streams

/// How errors are written.
public enum ErrorFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
}

/// Output, threads, messages, and what to do about bad records.
public struct StreamOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write to a file, which appears when it is complete.", valueName: "file"),
    completion: .file())
  public var output: String?

  @Flag(name: [.customShort("0"), .customLong("store")], help: "Store instead of compressing.")
  public var store = false

  @Option(help: ArgumentHelp("Compression level, 0 (store) to 19.", valueName: "level"))
  public var level = 1

  @Option(
    name: [.customShort("j"), .long],
    help: ArgumentHelp(
      "Threads in all; default: LLAVA_THREADS, else all cores.", valueName: "count"))
  public var threads: Int?

  @Flag(name: .shortAndLong, help: "No progress, warnings or summary.")
  public var quiet = false

  @Flag(name: .shortAndLong, help: "A summary even if nothing was skipped.")
  public var verbose = false

  @Option(help: ArgumentHelp("How messages are written: text or json.", valueName: "format"))
  public var errors = ErrorFormat.text

  @Flag(help: "Stop at the first record that would be skipped.")
  public var strict = false

  @Option(
    help: ArgumentHelp(
      "Stop after more than this many skips, or this share (5%).", valueName: "limit"))
  public var maxSkips: SkipLimit?

  @Flag(name: .shortAndLong, help: "Write binary data to a terminal.")
  public var force = false

  @Option(help: ArgumentHelp("Largest tensor record to accept.", valueName: "size"))
  public var maxRecord = ByteSize(1 << 30)

  @Option(help: ArgumentHelp("Longest JSON line to accept.", valueName: "size"))
  public var maxLine = ByteSize(16 << 20)

  public init() {}

  public func validate() throws {
    guard (0...19).contains(level) else {
      throw ValidationError("--level must be 0 to 19, found \(level)")
    }
    if let threads, !(1...maxThreads).contains(threads) {
      throw ValidationError("--threads must be 1 to \(maxThreads), found \(threads)")
    }
    if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }

  /// The level that counts: 0 stores.
  public var effectiveLevel: Int { store ? 0 : level }

  /// The limits of the readers.
  public var limits: StreamLimits {
    var limits = StreamLimits()
    limits.recordBytes = maxRecord.bytes
    limits.lineBytes = maxLine.bytes
    limits.requireChecksums = strict
    return limits
  }

  /// The number of threads: the option, else LLAVA_THREADS, else the cores we may run on.
  public func threadCount() throws(Failure) -> Int {
    if let threads { return threads }
    return try threadsFromEnvironment() ?? availableCores()
  }
}
