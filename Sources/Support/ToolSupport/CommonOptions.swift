// The options that every tool has, and the settings that result from all options.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Streams

/// The format of messages.
public enum ErrorFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text
  case json
}

/// How much a tool reports, and in which format.
public struct MessageOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Print no progress, warnings or summary.")
  public var quiet = false

  @Flag(name: .shortAndLong, help: "Print a summary even if nothing was skipped.")
  public var verbose = false

  @Option(help: ArgumentHelp("How messages are written: text or json.", valueName: "format"))
  public var errors = ErrorFormat.text

  public init() {}

  public func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }

  /// What they ask for.
  public func settings() -> Settings {
    var settings = Settings()
    settings.isQuiet = quiet
    settings.isVerbose = verbose
    settings.errors = errors
    return settings
  }

  /// The same with as many threads. Throws `usage/threads` where LLAVA_THREADS is no count.
  public func settings(threads: Int?) throws(Failure) -> Settings {
    var settings = settings()
    settings.threads = try threadCount(threads)
    return settings
  }
}

/// Messages, and the size of records.
public struct CommonOptions: ParsableArguments {
  @OptionGroup public var messages: MessageOptions

  @Option(help: ArgumentHelp("Largest tensor record to accept.", valueName: "size"))
  public var maxRecord = Size(1 << 30)

  public init() {}

  public var quiet: Bool { messages.quiet }
  public var verbose: Bool { messages.verbose }

  func settings() -> Settings {
    var settings = messages.settings()
    settings.limits.recordBytes = maxRecord.count
    return settings
  }
}

extension CommonOptions {
  /// What they ask for, for a tool that writes no stream. Throws `usage/threads` where LLAVA_THREADS
  /// is no count.
  public func settings(threads: Int?, lineBytes: Int) throws(Failure) -> Settings {
    var settings = settings()
    settings.threads = try threadCount(threads)
    settings.limits.lineBytes = lineBytes
    settings.writesAtEnd = true
    return settings
  }
}

/// The settings from the shared options; the defaults are those of the options.
public struct Settings: Sendable {
  /// A path, or nil for stdout.
  public var output: String?
  /// 0 stores, 1 to 19 compress.
  public var level = 1
  public var threads = 1
  public var isQuiet = false
  public var isVerbose = false
  /// Says nothing at all: another process of the same run does.
  public var isSilent = false
  public var errors = ErrorFormat.text
  public var isStrict = false
  public var maxSkips: SkipLimit?
  public var writesToTerminals = false
  /// Stdout gets nothing before the work is done, so that a progress line spoils nothing there.
  public var writesAtEnd = false
  public var limits = StreamLimits()

  public init() {}
}
