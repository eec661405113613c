// What is at a path, and who is at fault where nothing is.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import TestSupport
import Testing

@Suite struct FileLookupTests {
  @Test func whatIsNotThereIsNoError() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("a", to: "file")
    #expect(symlink("nowhere", directory.file("link")) == 0)
    #expect(try fileStatus(file).map { $0.st_size } == 1)
    for absent in ["none", "file/inside", "link", String(repeating: "n", count: 300)] {
      #expect(try !fileExists(directory.file(absent)), "\(absent)")
    }
    #expect(try fileExists(directory.file("link"), followingLinks: false))
  }

  @Test(arguments: [
    (EIO, true), (EMFILE, true), (ENOMEM, true), (ENOSPC, true), (ENOENT, false), (EACCES, false),
    (EISDIR, false),
  ])
  func theSystemIsAtFaultOrThePath(code: Int32, isOfSystem: Bool) throws {
    let failure = Failure.system("open", "place", errno: code)
    #expect(failure.isOfSystem == isOfSystem)
    let attempt = { () throws(Failure) -> Int in throw failure }
    if isOfSystem {
      #expect(throws: failure) { try ifUsable(attempt) }
    } else {
      #expect(try ifUsable(attempt) == nil)
    }
  }
}
