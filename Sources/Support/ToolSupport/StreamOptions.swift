// The options that all filters share and spell alike.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Streams

/// The options of every filter, of one that reads no lines too: output, threads, and what to do about bad
/// records.
public struct FilterOptions: ParsableArguments {
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
      "Number of threads; default: LLAVA_THREADS, else all cores.", valueName: "count"))
  public var threads: Int?

  @Flag(help: "Stop at the first record that would be skipped.")
  public var strict = false

  @Option(
    help: ArgumentHelp(
      "Stop when more records than this count or share (5%) are skipped.", valueName: "limit"))
  public var maxSkips: SkipLimit?

  @Flag(name: .shortAndLong, help: "Write binary data to a terminal.")
  public var force = false

  public init() {}

  public func validate() throws {
    guard (0...19).contains(level) else {
      throw ValidationError("--level must be 0 to 19, found \(level)")
    }
    try validateThreads(threads)
  }

  /// What they and `common` ask for. Throws `usage/threads` where LLAVA_THREADS is no count.
  public func settings(_ common: CommonOptions) throws(Failure) -> Settings {
    var settings = common.settings()
    settings.output = output
    settings.level = store ? 0 : level
    settings.threads = try threadCount(threads)
    settings.isStrict = strict
    settings.maxSkips = maxSkips
    settings.writesToTerminals = force
    settings.limits.requireChecksums = strict
    return settings
  }
}

/// The options of filters that read lines of records.
public struct StreamOptions: ParsableArguments {
  @OptionGroup public var filter: FilterOptions

  @Option(help: ArgumentHelp("Longest JSON line to accept.", valueName: "size"))
  public var maxLine = Size(16 << 20)

  @OptionGroup public var common: CommonOptions

  public init() {}

  public var output: String? { filter.output }

  /// What they ask for. Throws `usage/threads` where LLAVA_THREADS is no count.
  public func settings() throws(Failure) -> Settings {
    var settings = try filter.settings(common)
    settings.limits.lineBytes = maxLine.count
    return settings
  }
}
