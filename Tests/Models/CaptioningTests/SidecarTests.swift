// Files beside pictures: their names, what becomes of texts that are there, and runs that were killed.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import TestSupport
import Testing

@testable import Captioning

struct SidecarTests {
  private func caption(_ picture: FilePath, _ text: String) -> Caption {
    Caption(picture: picture, question: "?", text: text, finishReason: "stop")
  }

  @Test func namesFollowThePictures() {
    let short = SidecarPlan(suffix: ".txt")
    #expect(short.file(beside: FilePath("a/b.c/d.jpg")).shown == "a/b.c/d.txt")
    #expect(short.file(beside: FilePath("a/b.c/d")).shown == "a/b.c/d.txt")
    #expect(short.file(beside: FilePath("a/.d")).shown == "a/.d.txt")
    #expect(
      short.file(beside: FilePath(bytes: [0x61, 0xFF, 0x2E, 0x70])).bytes.starts(with: [
        0x61, 0xFF, 0x2E, 0x74,
      ]))
    let full = SidecarPlan(suffix: ".txt", keepsExtension: true)
    #expect(full.file(beside: FilePath("a.b/d.jpg")).shown == "a.b/d.jpg.txt")
  }

  @Test func picturesDoNotFightForAFile() throws {
    let pictures = ["x/a.jpg", "y/a.jpg", "x/a.png"].map { FilePath($0) }
    #expect(throws: Failure.self) { try SidecarPlan(suffix: ".txt").check(pictures) }
    try SidecarPlan(suffix: ".txt", keepsExtension: true).check(pictures)
    try SidecarPlan(suffix: ".txt").check(Array(pictures.prefix(2)))
    // It would replace the other picture.
    #expect(throws: Failure.self) { try SidecarPlan(suffix: ".png").check(pictures) }
  }

  @Test(
    arguments: [
      (ExistingText.overwrite, "new"), (.append, "old, new"), (.prepend, "new, old"),
    ])
  func textsThatAreThere(existing: ExistingText, expected: String) {
    let plan = SidecarPlan(suffix: ".txt", existing: existing, joint: ", ")
    for old in ["old", "old\n", "old\r\n"] {
      #expect(plan.contents(["new"], over: Array(old.utf8)) == Array((expected + "\n").utf8))
    }
    #expect(plan.contents(["one", "two"], over: nil) == Array("one, two\n".utf8))
    #expect(plan.contents(["new"], over: []) == Array("new\n".utf8))
  }

  @Test func whatIsThereStays() throws {
    let directory = try TemporaryDirectory()
    try directory.write("mine", to: "a.txt")
    let (a, b) = (FilePath(directory.file("a.jpg")), FilePath(directory.file("b.jpg")))
    var sidecars = try Sidecars(SidecarPlan(suffix: ".txt"), run: "1", pictures: [a, b])
    #expect(try sidecars.answered(["?"], about: a) == ["?"])
    #expect(try sidecars.answered(["?"], about: b) == [])
    try sidecars.write([caption(a, "new")], of: a)
    try sidecars.write([caption(b, "new")], of: b)
    #expect(try String(decoding: directory.read("a.txt"), as: UTF8.self) == "mine")
    #expect(try String(decoding: directory.read("b.txt"), as: UTF8.self) == "new\n")
  }

  /// However often and wherever a run is stopped, each text has each caption once.
  @Test(arguments: [ExistingText.append, .prepend, .overwrite])
  func nothingIsAddedTwice(existing: ExistingText) throws {
    let directory = try TemporaryDirectory()
    let pictures = [
      FilePath(directory.file("a.jpg")), FilePath(directory.file("b.jpg")),
      FilePath(bytes: Array(directory.file("odd").utf8) + [0xFF] + Array(".jpg".utf8)),
    ]
    let plan = SidecarPlan(suffix: ".txt", existing: existing)
    for picture in pictures { try plan.file(beside: picture).replace(with: Array("old\n".utf8)) }
    // Each round ends after `stop` pictures, the first three in the middle of a change.
    for stop in [0, 1, 2, 3, 3] {
      do {
        var sidecars = try Sidecars(plan, run: "1", pictures: pictures)
        for picture in pictures.prefix(stop) {
          if try sidecars.answered(["?"], about: picture).isEmpty {
            try sidecars.write([caption(picture, "new")], of: picture)
          }
        }
      }
      if stop < pictures.count {
        // Announced, but not made.
        let file = plan.file(beside: pictures[stop])
        let journal = try SidecarJournal(in: file.directory, run: "1")
        try journal.announce(file, Array("never made".utf8))
      }
    }
    let wanted = try #require(plan.contents(["new"], over: Array("old\n".utf8)))
    for picture in pictures {
      #expect(try plan.file(beside: picture).contents(limit: 100) == wanted)
    }
    // Another run, with other options, begins anew.
    var other = try Sidecars(plan, run: "2", pictures: pictures)
    #expect(try other.answered(["?"], about: pictures[0]) == [])
    try other.finish()
    let names = try FilePath(directory.path + "/.llava-caption.journal").contents(limit: 1 << 20)
    #expect(names == nil)
  }

  /// A run over two directories that is stopped while it ends: it has ended once both journals say so.
  @Test func aRunEndsInAllDirectoriesAtOnce() throws {
    let directory = try TemporaryDirectory()
    let pictures = ["a", "b"].map { FilePath(directory.file("\($0)/x.jpg")) }
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(
        atPath: directory.file(name), withIntermediateDirectories: false)
    }
    let plan = SidecarPlan(suffix: ".txt", existing: .append)
    func ask(_ sidecars: inout Sidecars) throws -> [Bool] {
      try pictures.map { try !sidecars.answered(["?"], about: $0).isEmpty }
    }
    do {
      var sidecars = try Sidecars(plan, run: "1", pictures: pictures)
      for picture in pictures { try sidecars.write([caption(picture, "new")], of: picture) }
    }
    try SidecarJournal(in: pictures[0].directory, run: "1").finish()
    do {
      var sidecars = try Sidecars(plan, run: "1", pictures: pictures)
      #expect(try ask(&sidecars) == [true, true])
    }
    try SidecarJournal(in: pictures[1].directory, run: "1").finish()
    try SidecarJournal(in: pictures[0].directory, run: "1").remove()
    var sidecars = try Sidecars(plan, run: "1", pictures: pictures)
    #expect(try ask(&sidecars) == [false, false])
    try sidecars.finish()
    #expect(try pictures.allSatisfy { try !$0.directory.visibleNames().isEmpty })
    #expect(FilePath(directory.file("b/.llava-caption.journal")).status == nil)
  }

  /// What goes wrong after it was looked at is the fault of one picture.
  @Test func whatCannotBeWrittenSpoilsOnePicture() throws {
    let directory = try TemporaryDirectory()
    let a = FilePath(directory.file("d/a.jpg"))
    for existing in [ExistingText.skip, .append] {
      #expect(mkdir(directory.file("d"), 0o700) == 0)
      var sidecars = try Sidecars(
        SidecarPlan(suffix: ".txt", existing: existing), run: "1", pictures: [a])
      #expect(try sidecars.answered(["?"], about: a) == [])
      try FileManager.default.removeItem(atPath: directory.file("d"))
      let failure = #expect(throws: Failure.self) {
        try sidecars.write([caption(a, "new")], of: a)
      }
      #expect(failure?.spoilsRecordOnly == true, "\(String(describing: failure))")
      try sidecars.finish()
    }
  }

  /// A run has not ended while there is a journal that nobody can open.
  @Test func aJournalThatCannotBeOpenedKeepsTheOthers() throws {
    let directory = try TemporaryDirectory()
    let pictures = ["a", "b"].map { FilePath(directory.file("\($0)/x.jpg")) }
    for name in ["a", "b"] { #expect(mkdir(directory.file(name), 0o700) == 0) }
    let journal = directory.file("b/.llava-caption.journal")
    let plan = SidecarPlan(suffix: ".txt", existing: .append)
    do {
      var sidecars = try Sidecars(plan, run: "1", pictures: pictures)
      for picture in pictures { try sidecars.write([caption(picture, "new")], of: picture) }
    }
    #expect(rename(journal, directory.file("aside")) == 0 && symlink("x", journal) == 0)
    do {
      let sidecars = try Sidecars(plan, run: "1", pictures: pictures)
      let failure = #expect(throws: Failure.self) {
        try sidecars.answered(["?"], about: pictures[1])
      }
      #expect(failure?.spoilsRecordOnly == true)
      #expect(try sidecars.answered(["?"], about: pictures[0]) == ["?"])
      try sidecars.finish()
    }
    #expect(rename(directory.file("aside"), journal) == 0)
    let sidecars = try Sidecars(plan, run: "1", pictures: pictures)
    for picture in pictures { #expect(try sidecars.answered(["?"], about: picture) == ["?"]) }
    try sidecars.finish()
    #expect(!FilePath(directory.file("a/.llava-caption.journal")).isThere)
  }

  /// What could not be written was not done; what was announced last and not made is forgotten for good.
  @Test func onlyWhatWasMadeIsDone() throws {
    let directory = try TemporaryDirectory()
    let (a, b) = (FilePath(directory.file("a.txt")), FilePath(directory.file("b.txt")))
    try FileManager.default.createDirectory(
      atPath: directory.file("a.txt"), withIntermediateDirectories: false)
    do {
      let journal = try SidecarJournal(in: a.directory, run: "1")
      #expect(throws: Failure.self) { try journal.change(a, to: [1]) }
      #expect(!journal.isDone(a))
      try journal.announce(b, [1])
    }
    let journal = try SidecarJournal(in: a.directory, run: "1")
    #expect(!journal.isDone(b))
    try journal.change(a.directory.appending(FilePath("c.txt")), to: [1])
    let lines = try FilePath(directory.file(".llava-caption.journal")).contents(limit: 1 << 16)
    #expect(lines?.count(where: { $0 == 0x0A }) == 2, "a heading and c.txt")
  }

  @Test func textsOfAnySizeAreNoCaptions() throws {
    let directory = try TemporaryDirectory()
    try directory.write(String(repeating: "x", count: 2000), to: "long")
    #expect(throws: Failure.self) { try FilePath(directory.file("long")).contents(limit: 1999) }
    #expect(try FilePath(directory.file("long")).contents(limit: 2000)?.count == 2000)
    #expect(throws: Failure.self) { try FilePath(directory.path).contents(limit: 10) }
  }
}
