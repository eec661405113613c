// Tables of captions: lines, what a run that was stopped left, and files that are no tables.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import TestSupport
import Testing

@testable import Captioning

struct CaptionTableTests {
  private let odd = Caption(
    picture: FilePath("a\tb\\c.jpg"), question: "what?\nwhere?", text: "one\r\n\ttwo",
    finishReason: "stop")

  @Test(arguments: CaptionLines.allCases) func whatIsWrittenIsKnownAgain(lines: CaptionLines) throws
  {
    let directory = try TemporaryDirectory()
    let path = directory.file("table")
    do {
      let table = try CaptionTable(path: path, lines, isNew: false)
      #expect(!table.has(odd.picture, odd.question))
      try table.write([odd])
      try table.finish()
    }
    let whole = try String(decoding: directory.read("table"), as: UTF8.self)
    #expect(whole.split(separator: "\n").count == (lines == .tsv ? 2 : 1))
    let again = try CaptionTable(path: path, lines, isNew: false)
    #expect(again.has(odd.picture, odd.question))
    #expect(!again.has(odd.picture, "what?"))
    #expect(!again.has(FilePath("a"), odd.question))
    #expect(try String(decoding: directory.read("table"), as: UTF8.self) == whole)
  }

  /// Neither the next caption nor the end goes on into a file that is gone or has lost its beginning.
  @Test func aTableThatIsTakenAwayIsNoticed() throws {
    for (take, code) in [({ unlink($0) }, "file/removed"), ({ truncate($0, 5) }, "file/cut")]
      as [((String) -> Int32, String)]
    {
      let directory = try TemporaryDirectory()
      let table = try CaptionTable(path: directory.file("table"), .tsv, isNew: false)
      try table.write([odd])
      #expect(take(directory.file("table")) == 0)
      let atEnd = #expect(throws: Failure.self) { try table.finish() }
      #expect(atEnd?.code == code)
      #expect(throws: Failure.self) { try table.write([odd]) }
      #expect(try code == "file/removed" || directory.read("table").count == 5)
    }
  }

  /// Cut anywhere: the whole lines stay, the rest goes, and the file goes on.
  @Test(arguments: CaptionLines.allCases) func cutFilesGoOn(lines: CaptionLines) throws {
    let directory = try TemporaryDirectory()
    let second = Caption(picture: FilePath("b"), question: "q", text: "t", finishReason: "length")
    let whole = lines.heading + lines.line(odd) + lines.line(second)
    for count in 0...whole.count {
      let path = FilePath(directory.file("table"))
      try path.replace(with: Array(whole[..<count]))
      do {
        let table = try CaptionTable(path: path.shown, lines, isNew: false)
        if !table.has(odd.picture, odd.question) { try table.write([odd]) }
        if !table.has(second.picture, "q") { try table.write([second]) }
      }
      #expect(try path.contents(limit: 1 << 20) == whole, "cut at \(count)")
    }
  }

  @Test(arguments: [
    "notes", "notes\n", "{\"text\":\"\"}\n", "a\tb\tc\n", "{\"image\":1}\n", "\n",
    "{\"image\":\"x\",\"label\":\"y\"}",
  ])
  func otherFilesStay(text: String) throws {
    let directory = try TemporaryDirectory()
    for lines in CaptionLines.allCases {
      try directory.write(text, to: "mine")
      #expect(throws: Failure.self, "\(lines)") {
        try CaptionTable(path: directory.file("mine"), lines, isNew: false)
      }
      #expect(throws: Failure.self, "\(lines)") {
        try CaptionTable(path: directory.file("mine"), lines, isNew: true)
      }
      #expect(try String(decoding: directory.read("mine"), as: UTF8.self) == text)
    }
  }

  @Test func aNewOneForgetsTheOld() throws {
    let directory = try TemporaryDirectory()
    try FilePath(directory.file("table")).replace(with: CaptionLines.jsonl.line(odd))
    let table = try CaptionTable(path: directory.file("table"), .jsonl, isNew: true)
    #expect(!table.has(odd.picture, odd.question))
    #expect(try String(decoding: directory.read("table"), as: UTF8.self).isEmpty)
  }

  @Test func rulesLookAtWords() {
    var rules = CaptionRules()
    rules.required = ["Cat"]
    rules.forbidden = ["sorry", "dog"]
    #expect(rules.complaint(about: "a CAT on a mat") == nil)
    #expect(rules.complaint(about: "a mat") == "lacks \"Cat\"")
    #expect(rules.complaint(about: "cat and Dog") == "has \"dog\"")
    (rules.prefix, rules.suffix) = ("photo of ", ".")
    #expect(rules.text(of: " \n a cat\t") == "photo of a cat.")
    #expect(rules.text(of: " ") == "photo of .")
  }

  @Test func questionsAreDrawnByWeight() throws {
    let pictures = (0..<2000).map { FilePath("\($0).jpg") }
    func counts(_ weights: [Double], seed: UInt64) throws -> [Int] {
      let choice = try QuestionChoice(of: 3, weights: weights, seed: seed)
      let drawn = pictures.map(choice.index)
      #expect(drawn == pictures.map(choice.index))
      return (0..<3).map { number in drawn.count { $0 == number } }
    }
    for seed in 0..<3 as Range<UInt64> {
      for (count, share) in zip(try counts([6, 3, 1], seed: seed), [1200, 600, 200]) {
        // Four standard deviations of the largest.
        #expect(abs(count - share) < 90, "\(count) of \(share)")
      }
      #expect(try counts([], seed: seed).allSatisfy { abs($0 - 667) < 90 })
    }
    #expect(try counts([], seed: 1) != counts([], seed: 2))
    let wrong: [[Double]] = [[1], [1, 2, 0], [1, 1, -.infinity], [1, 1, .nan]]
    for weights in wrong {
      #expect(throws: Failure.self) { try QuestionChoice(of: 3, weights: weights, seed: 0) }
    }
  }

  @Test func linesStayLines() {
    #expect("a\r\nb\n\n c".inOneLine == "a b  c")
    #expect("a\tb\\n\n".asTableCell == #"a\tb\\n\n"#)
  }
}
