// Files that only grow: what is whole stays whole, whatever comes between.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import TestSupport
import Testing

struct AppendFileTests {
  @Test func whatIsAppendedIsReadAgain() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("f")
    do {
      let file = try AppendFile(path: path)
      #expect(file.size == 0)
      try file.append(Array("one\n".utf8))
      try file.append(Array("two\n".utf8))
      try file.synchronize()
      #expect(file.size == 8)
    }
    let file = try AppendFile(path: path)
    #expect(try file.read(at: 4, count: 100) == Array("two\n".utf8))
    #expect(try file.read(at: 8, count: 1).isEmpty && file.read(at: 1, count: 2) == [0x6e, 0x65])
    try file.truncate(to: 4)
    try file.append(Array("three\n".utf8))
    #expect(try directory.read("f") == Array("one\nthree\n".utf8))
  }

  @Test func oneAtATime() throws {
    let directory = try TemporaryDirectory()
    let first = try AppendFile(path: directory.file("f"))
    let failure = #expect(throws: Failure.self) { try AppendFile(path: first.path) }
    #expect(failure?.code == "usage/locked" && failure?.status == .usage)
    #expect(first.isSameFile(as: "\(directory.path)/./f"))
  }

  @Test func whatOthersTakeAwayIsNoticed() throws {
    let directory = try TemporaryDirectory()
    let file = try AppendFile(path: directory.file("f"))
    try file.append(Array("one\n".utf8))
    try file.checkIntact(remedy: "")
    #expect(truncate(file.path, 3) == 0)
    let cut = #expect(throws: Failure.self) { try file.checkIntact(remedy: "r") }
    #expect(cut?.code == "file/cut" && cut?.status == .inputOutput && cut?.remedy == "r")
    #expect(cut?.message.hasSuffix("expected 4 bytes or more, found 3") == true)
    // What others have put behind it takes nothing away.
    try directory.write("another", to: "f")
    #expect(unlink(file.path) == 0)
    let removed = #expect(throws: Failure.self) { try file.checkIntact(remedy: "") }
    #expect(removed?.code == "file/removed" && removed?.status == .inputOutput)
  }

  @Test func nothingIsMadeThroughALink() throws {
    let directory = try TemporaryDirectory()
    #expect(symlink("real", directory.file("link")) == 0)
    let failure = #expect(throws: Failure.self) { try AppendFile(path: directory.file("link")) }
    #expect(failure?.code == "file/dangling-link" && failure?.status == .inputOutput)
    #expect(directory.names == ["link"])
    try directory.write("x", to: "real")
    #expect(try AppendFile(path: directory.file("link")).size == 1)
  }

  @Test(arguments: ["/dev/null", ".", "", "none/f"])
  func onlyFilesWillDo(path: String) {
    #expect(throws: Failure.self) { try AppendFile(path: path) }
  }
}
