// The shared options as a filter gets them, and what they come to.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Testing

@testable import ToolSupport

/// A filter that does nothing.
private struct Probe: ToolCommand {
  static let configuration = CommandConfiguration(commandName: "probe")
  @OptionGroup var stream: StreamOptions
  func run(_ session: Session) throws(Failure) {}
}

private func settings(_ arguments: String...) throws -> Settings {
  try Probe.parse(arguments).settings()
}

@Test func readsSharedOptions() throws {
  let settings = try settings(
    "-0", "-j", "3", "-o", "out", "-q", "-f", "--strict", "--max-skips", "5%", "--errors=json",
    "--max-record", "2G", "--max-line", "1M")
  #expect(settings.level == 0)
  #expect(settings.threads == 3)
  #expect(settings.output == "out")
  #expect(settings.isQuiet && settings.isStrict && settings.writesToTerminals)
  #expect(settings.maxSkips == .percent(5))
  #expect(settings.errors == .json)
  #expect(settings.limits.recordBytes == 2 << 30)
  #expect(settings.limits.lineBytes == 1 << 20)
  #expect(settings.limits.requireChecksums)
}

@Test func defaultsAreThoseOfTheManual() throws {
  let settings = try settings()
  #expect(settings.level == 1)
  #expect(settings.output == nil)
  #expect((1...1024).contains(settings.threads))
  #expect(settings.limits.recordBytes == 1 << 30)
  #expect(settings.limits.lineBytes == 16 << 20)
  #expect(!settings.limits.requireChecksums)
}

@Test(arguments: [
  ["--level", "20"], ["--level=-1"], ["-j", "0"], ["-j", "1025"], ["-q", "-v"],
  ["--max-skips", "x"],
  ["--max-record", "0"], ["--errors", "xml"], ["extra"],
])
func refusesWrongOptions(arguments: [String]) {
  #expect(throws: (any Error).self) { try Probe.parse(arguments) }
  #expect(Probe.start(arguments) == .usage)
}
