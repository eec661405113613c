// Text by scalars and bytes where characters as people see them would mislead.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@Test func splitsAtBytes() {
  #expect("a\r\nb\n".split(atByte: 0x0a) == ["a\r", "b", ""])
  #expect("e \u{301}".split(atByte: 0x20) == ["e", "\u{301}"])
  #expect("".split(atByte: 0x20) == [""])
}

@Test func prefixesAreOfBytes() {
  let long = "a" + String(repeating: "\u{301}", count: 100_000)
  #expect(long.prefix(bytes: 6).utf8.count == 5)
  #expect("é".prefix(bytes: 1) == "")
  #expect("aé".prefix(bytes: 3) == "aé")
}

@Test func endingsAreBytes() {
  #expect("\u{600}.json".ends(withBytesOf: ".json"))
  #expect(!"x.K".ends(withBytesOf: ".\u{212a}"))
}

/// A mark after a slash belongs to the name that follows, and hides no `..`.
@Test func marksHideNoComponents() throws {
  let directory = try TemporaryDirectory()
  for usesKernel in [true, false] {
    let root = try FileRoot(path: directory.path, usesKernel: usesKernel)
    #expect {
      try root.read("../\u{301}x", limit: 10)
    } throws: { ($0 as? Failure)?.code == "path/outside-root" }
    #expect {
      try root.read("a/\u{301}x", limit: 10)
    } throws: { ($0 as? Failure)?.code == "path/missing" }
  }
}

@Test func linesOfMessagesEndAtLineFeeds() {
  #expect(escapedLinesForTerminal("a\r\nb") == "a\\r\n  b")
}

@Test(arguments: [
  ("a   b", "  ", " ", "a  b"), ("aaa", "aa", "b", "ba"), ("Q\n<image>", "<image>", "", "Q\n"),
  ("abc", "", "x", "abc"), ("e\u{301}", "e", "a", "a\u{301}"), ("", "a", "b", ""),
])
func replacesByBytes(_ text: String, _ old: String, _ new: String, _ expected: String) {
  #expect(replacing(old, in: text, with: new).utf8.elementsEqual(expected.utf8))
}

/// Whatever is cut is cut between characters, and both ends stay.
@Test func textsAreShortenedInTheMiddle() {
  #expect("aé".shortenedInTheMiddle(bytes: 3) == "aé")
  let long = String(repeating: "é", count: 5000)
  for limit in 99...102 {
    let short = long.shortenedInTheMiddle(bytes: limit)
    #expect(short.utf8.count <= limit && short.utf8.count > limit - 6, "\(short)")
    #expect(short.contains("é... (10,000 bytes) ...é"), "\(short)")
    #expect(!short.unicodeScalars.contains("\u{FFFD}"))
  }
}
