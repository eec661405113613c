// Values of options, and the texts that users see.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import TestSupport
import Testing

@testable import ToolSupport

@Test func readsSizes() {
  #expect(Size(argument: "4096")?.count == 4096)
  #expect(Size(argument: "2G")?.count == 2 << 30)
  for text in ["", "0", "-1", "G", "1.5G", "1g", "99999999999T", "1 K"] {
    #expect(Size(argument: text) == nil, "\(text)")
  }
  #expect(Size(1 << 30).defaultValueDescription == "1G")
  #expect(Size(1000).defaultValueDescription == "1000")
}

@Test func readsSkipLimits() {
  #expect(SkipLimit(argument: "3") == .count(3))
  #expect(SkipLimit(argument: "2.5%") == .percent(2.5))
  for text in ["", "%", "-1", "101%", "nan%", "x"] { #expect(SkipLimit(argument: text) == nil) }
  #expect(SkipLimit.count(0).isExceeded(skipped: 1, total: 1))
  #expect(!SkipLimit.count(1).isExceeded(skipped: 1, total: 1))
  #expect(!SkipLimit.percent(5).isExceeded(skipped: 19, total: 19))
  #expect(SkipLimit.percent(5).isExceeded(skipped: 2, total: 20))
  #expect(!SkipLimit.percent(5).isExceeded(skipped: 1, total: 20))
}

@Test func messagesAreSafeAndKeepTheirOwnLines() {
  let failure = Failure(
    .invalidInput, code: "image/cut", at: "a\u{1b}[2J.jpg", "cut\nshort", remedy: "copy it again")
  #expect(
    Reporter.text(failure, tool: "clip-encode")
      == "clip-encode: a\\u{1b}[2J.jpg: cut\n  short\n  (copy it again)")
  let place = Failure(.usage, code: "a/b", at: "x\ny", "odd\u{7}", remedy: "a\nb")
  #expect(Reporter.text(place, tool: "t") == "t: x\\ny: odd\\u{7} (a\\nb)")
  #expect(Reporter.text(Failure(.usage, code: "a/b", at: "", "odd"), tool: "t") == "t: odd")
  #expect(
    Reporter.json(failure, tool: "t", level: "skip")
      == #"{"tool":"t","level":"skip","code":"image/cut","place":"a\#u{5C}u001b[2J.jpg","#
      + #""message":"cut\nshort","remedy":"copy it again"}"#)
}

/// A record's id and what a message quotes can have any length; the longest path stays whole.
@Test func messagesHaveAnEnd() throws {
  let path = String(repeating: "p", count: 4095)
  let whole = Failure(.usage, code: "a/b", at: "stdin: line 3: \(path)", "odd")
  #expect(Reporter.text(whole, tool: "t") == "t: stdin: line 3: \(path): odd")
  let long = String(repeating: "x", count: 1 << 20)
  let failure = Failure(
    .usage, code: "a/b", at: "stdin: line 3 id=\(long): here", "first \(long) last", remedy: long)
  for text in [
    Reporter.text(failure, tool: "t"), Reporter.json(failure, tool: "t", level: "error"),
  ] {
    #expect(text.utf8.count < 40_000)
    #expect(text.contains("stdin: line 3 id=xxx") && text.contains("x: here"))
    #expect(text.contains("xxx... (1,048,599 bytes) ...xxx") && text.contains("x last"))
  }
}

@Test func messagesInJSONCannotSteerATerminal() {
  let failure = Failure(.invalidInput, code: "a/b", "\u{9b}2J\u{7f}\u{202e}")
  #expect(
    Reporter.json(failure, tool: "t", level: "skip").hasSuffix(
      #""message":"\u009b2J\u007f\u202e"}"#))
}

@Test func negativeNumbersBelongToTheirOptions() {
  #expect(
    joiningNegativeNumbers(["--temperature", "-1", "-j", "-2", "-0", "a", "-3", "--", "-x", "-4"])
      == ["--temperature=-1", "-j=-2", "-0", "a", "-3", "--", "-x", "-4"])
}

@Test func progressTellsRateAndTime() {
  #expect(
    Progress.text(tool: "t", done: 1234, total: nil, seconds: 10) == "t  1,234 records  123/s")
  #expect(
    Progress.text(tool: "t", done: 50, total: 200, seconds: 10)
      == "t  [#####...............] 50/200  5.0/s  ETA 0:30")
  #expect(Progress.text(tool: "t", done: 1, total: nil, seconds: 1) == "t  1 record  1.0/s")
  #expect(
    Progress.text(tool: "t", done: 3_500_000_000, total: 7_000_000_000, seconds: 7, inBytes: true)
      == "t  [##########..........] 3,500/7,000 MB  500 MB/s  ETA 0:07")
  // Narrower and narrower: what matters least goes first, and nothing is cut in half.
  let narrow = [
    (61, "tool  [##########..........] 50/100  5.0/s  ETA 0:10  asking"),
    (60, "tool  50/100  5.0/s  ETA 0:10  asking"), (38, "tool  50/100  5.0/s  ETA 0:10  asking"),
    (37, "tool  50/100  5.0/s  ETA 0:10"), (29, "tool  50/100  ETA 0:10"),
    (22, "50/100  ETA 0:10"), (16, "50/100"), (6, "50/10"), (1, ""), (0, ""),
  ]
  for (columns, line) in narrow {
    let found = Progress.text(
      tool: "tool", done: 50, total: 100, seconds: 10, stage: "asking", columns: columns)
    #expect(found == line, "\(columns)")
  }
  #expect(Progress.text(tool: "t", done: 0, total: 0, seconds: 1) == "t  0 records  0.0/s")
  #expect(Progress.text(tool: "t", done: 1, total: 1 << 62, seconds: 9e9).hasSuffix("ETA 99:59:59"))
  #expect(grouped(-1234) == "-1,234")
  #expect(grouped(999) == "999")
  #expect(grouped(1_000_000) == "1,000,000")
}

@Test func numbersAreShort() {
  #expect(readable(0.1) == "0.1")
  #expect(readable(.nan) == "nan")
  #expect(readable(-123_456.789) == "-1.2346e+05")
  #expect(readable(.greatestFiniteMagnitude, digits: 17).count < 30)
}

private func code(_ body: () throws(Failure) -> Void) -> String? {
  do { try body() } catch { return error.code }
  return nil
}

@Test func sessionsCountAndStop() throws {
  var settings = Settings()
  settings.isQuiet = true
  settings.errors = .json
  settings.maxSkips = .count(1)
  let bad = Failure(.invalidInput, code: "image/cut", "cut")
  let record = Record([:], id: "x")
  let session = Session(tool: "test", settings: settings)
  session.recordDone()
  #expect(session.conclude() == .complete)
  #expect(code { () throws(Failure) in try session.recordSkipped(bad, at: record) } == nil)
  #expect(session.conclude() == .skippedRecords)
  let skip = { () throws(Failure) in
    try session.skipPassedOn(SkipMark(code: "a/b", message: "m"), at: record)
  }
  #expect(code(skip) == "skips/too-many")
  settings.isStrict = true
  let strict = Session(tool: "test", settings: settings)
  #expect(code { () throws(Failure) in try strict.recordSkipped(bad, at: record) } == "image/cut")
  for name in ["io/write", "io/open", "io/read"] {
    let failure = Failure(.inputOutput, code: name, "the system refused")
    #expect(code { () throws(Failure) in try session.recordSkipped(failure, at: record) } == name)
  }
  let short = Failure(.limitExceeded, code: "memory/exhausted", "no memory", kind: .shortage)
  #expect(
    code { () throws(Failure) in try session.recordSkipped(short, at: record) }
      == "memory/exhausted")
}

@Test(arguments: [
  ("The value '0' is invalid for '--max-line <size>'", "64K, 512M or 2G, above 0"),
  ("The value 'x' is invalid for '-j <count>'", ": expected a whole number"),
  ("The value '-' is invalid for '--seed <number>'", ": expected a whole number of 0 or more"),
  ("The value ' is invalid for '--seed' is invalid for '--max-skips <limit>'", "such as 5%"),
  ("Unknown option '--none'", "'--none'"),
  ("The value 'x' is invalid for '--from <format>'", "<format>'"),
])
func faultsSayWhatIsAccepted(message: String, end: String) {
  let explained = UsageFault.explained(message)
  #expect(explained.hasPrefix(message) && explained.hasSuffix(end), "\(explained)")
}

/// The parser puts the values of an option in lines of their own.
@Test func listsHaveCommas() {
  let fault =
    "The value 'x' is invalid for '--format <format>'. Please provide one of the following:"
  #expect(
    UsageFault.explained("\(fault)\n  - F32\n  - Q8_0\n  - a - b\nDid you mean F32?")
      == "\(fault) F32, Q8_0, a - b Did you mean F32?")
  #expect(UsageFault.explained("two\nlines") == "two lines")
  #expect(UsageFault.explained("- is named twice") == "- is named twice")
}

@Test func findsTheFormatOfErrorsInAnyArguments() {
  #expect(ErrorFormat(of: ["--bogus", "--errors", "json"]) == .json)
  #expect(ErrorFormat(of: ["--errors=json"]) == .json)
  for arguments in [[], ["--errors"], ["--errors=xml"], ["--", "--errors=json"], ["json"]] {
    #expect(ErrorFormat(of: arguments) == .text)
  }
}
