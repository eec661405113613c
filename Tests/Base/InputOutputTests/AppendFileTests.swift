// Files that only grow: what is whole stays whole, whatever comes between.
// SPDX-License-Identifier: Apache-2.0
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

  @Test(arguments: ["/dev/null", ".", "", "none/f"])
  func onlyFilesWillDo(path: String) {
    #expect(throws: Failure.self) { try AppendFile(path: path) }
  }
}
