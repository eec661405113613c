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
    let bytes = try TarArchives().read(
      path, limit: limit, willRead: { _ in }, file: root.open,
      isOther: root.hasOtherThanDirectory)
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

  /// What is there and is no archive that can be read is told as what it is, below a root and without one.
  @Test(arguments: [true, false]) func whatMayNotBeReadIsNotMissing(hasRoot: Bool) throws {
    let made = try Shell.bash("mkfifo pipe.tar; mkdir -m 311 d; ln -s d link", in: directory)
    try #require(made.status == 0)
    let files = RecordFiles(root: hasRoot ? try FileRoot(path: directory.path) : nil)
    let base = hasRoot ? "" : directory.path + "/"
    for (path, code) in [
      ("pipe.tar/a", "file/not-regular"), ("d/a", "path/missing"), ("link/a", "path/missing"),
      ("none/a", "path/missing"), ("text/a", "path/missing"),
    ] {
      let failure = #expect(throws: Failure.self) { try files.read(base + path, limit: 9) }
      #expect(failure?.code == code && failure?.spoilsRecordOnly == true, "\(path)")
    }
    #expect(try files.read(base + "x.tar/a.jpg", limit: 9) == Array("one".utf8))
  }

  /// Who misses a link is told that it is one.
  @Test func linksAreNotFollowed() throws {
    try directory.write(
      member("a", "x") + member("hard", type: "1") + member("soft", type: "2")
        + member("d/", type: "5") + endMark, to: "links.tar")
    let missing = #expect(throws: Failure.self) { try read("links.tar/hard") }
    #expect(missing?.code == "path/missing")
    #expect(missing?.remedy?.hasPrefix("links are not followed") == true)
    #expect(#expect(throws: Failure.self) { try read("x.tar/hard") }?.remedy == nil)
    var walk = TarWalk(try RegularFile(path: directory.file("links.tar")))
    while try walk.next() != nil {}
    #expect(walk.links == 2)
  }

  @Test func aChangedArchiveIsNotRead() throws {
    let root = try FileRoot(path: directory.path)
    let archives = TarArchives()
    func read() throws(Failure) -> [UInt8]? {
      try archives.read(
        "x.tar/a.jpg", limit: 9, willRead: { _ in }, file: root.open,
        isOther: root.hasOtherThanDirectory)
    }
    #expect(try read() == Array("one".utf8))
    _ = try Shell.bash("printf more >> x.tar", in: directory)
    #expect(#expect(throws: Failure.self) { try read() }?.code == "file/changed")
  }
}
