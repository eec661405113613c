// Paths that lead into archives.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Archives

@Suite struct TarArchiveTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(
      member("./a.jpg", "one") + member("d/b#1.jpg", "two") + member("d/b#1.jpg/c", "three")
        + member("twice", "1") + member("twice", "2") + endMark, to: "x.tar")
    try directory.write(member("a", "x"), to: "cut")
    try directory.write(Array("no archive".utf8), to: "text")
    try directory.write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], to: "x.tar.gz")
  }

  private func read(_ path: String, limit: Int = 5) throws(Failure) -> String? {
    let root = try FileRoot(path: directory.path)
    let bytes = try TarArchives().read(path, limit: limit, willRead: { _ in }, file: root.open)
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    ("x.tar/a.jpg", "one"), ("./x.tar/a.jpg", "one"), ("x.tar/./a.jpg", "one"),
    ("x.tar//a.jpg", "one"),
    ("x.tar/d/b#1.jpg", "two"), ("x.tar/d/b#1.jpg/c", "three"), ("cut/a", "x"),
  ])
  func pathsGoOn(path: String, body: String) throws { #expect(try read(path) == body) }

  @Test(arguments: ["text/a", "none/a", "x.tar", "a", "", "/", "//", "../x.tar/a", "none/x.tar/a"])
  func otherPathsAreNoneOfIts(path: String) throws { #expect(try read(path) == nil) }

  @Test(arguments: [
    ("x.tar/b.jpg", "path/missing"), ("x.tar/", "path/missing"), ("x.tar/../a.jpg", "path/missing"),
    ("x.tar/a.jpg/", "path/missing"), ("x.tar/twice", "tar/shared-name"), ("cut/b", "tar/cut"),
    ("x.tar.gz/a.jpg", "tar/compressed"), ("x.tar/d/b#1.jpg/c", "file/too-large"),
  ])
  func whatIsNotThereSpoilsItsRecord(path: String, code: String) throws {
    let failure = #expect(throws: Failure.self) { try read(path, limit: 4) }
    #expect(failure?.code == code && failure?.spoilsRecordOnly == true)
  }

  @Test func aChangedArchiveIsNotRead() throws {
    let root = try FileRoot(path: directory.path)
    let archives = TarArchives()
    func read() throws(Failure) -> [UInt8]? {
      try archives.read("x.tar/a.jpg", limit: 9, willRead: { _ in }, file: root.open)
    }
    #expect(try read() == Array("one".utf8))
    _ = try Shell.bash("printf more >> x.tar", in: directory)
    #expect(#expect(throws: Failure.self) { try read() }?.code == "file/changed")
  }
}
