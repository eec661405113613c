// The options of output and messages, spelt as all filters spell them; -j means something else here.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ToolSupport

struct OutputOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write to a file, which appears when it is complete.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(help: ArgumentHelp("Compression level, 0 (store) to 19.", valueName: "level"))
  var level = 1

  @Flag(help: "Stop at the first record that would be skipped.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Stop when more records than this count or share (5%) are skipped.", valueName: "limit"))
  var maxSkips: SkipLimit?

  @Flag(name: .shortAndLong, help: "Write binary data to a terminal.")
  var force = false

  @Option(help: ArgumentHelp("Longest JSON line, and longest reply, to accept.", valueName: "size"))
  var maxLine = Size(16 << 20)

  @OptionGroup var messages: MessageOptions

  func validate() throws { try require(level, in: 0...19, "--level") }

  func settings() -> Settings {
    var settings = messages.settings()
    settings.output = output
    settings.level = level
    settings.isStrict = strict
    settings.maxSkips = maxSkips
    settings.writesToTerminals = force
    settings.limits.lineBytes = maxLine.count
    settings.limits.requireChecksums = strict
    return settings
  }
}
