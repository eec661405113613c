// Files: complete or absent, regular or refused, beneath their root or out of reach.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import InputOutput

private func code(_ body: () throws -> Void) -> String? {
  do { try body() } catch let failure as Failure { return failure.code } catch { return "\(error)" }
  return nil
}

@Test func atomicFileAppearsWhenFinished() throws {
  let directory = try TemporaryDirectory()
  try directory.write("old", to: "out")
  let file = try AtomicFile(path: directory.file("out"))
  try file.write("new")
  #expect(try directory.read("out") == Array("old".utf8))
  try file.finish()
  #expect(try directory.read("out") == Array("new".utf8))
  #expect(directory.names == ["out"])
}

@Test func atomicFileLeavesNothingWhenDropped() throws {
  let directory = try TemporaryDirectory()
  do {
    let file = try AtomicFile(path: directory.file("out"))
    try file.write("half")
    #expect(directory.names.count == 1)
  }
  #expect(directory.names == [])
}

@Test func atomicFileKeepsLinksAndModes() throws {
  let directory = try TemporaryDirectory()
  try directory.write("old", to: "real")
  chmod(directory.file("real"), 0o600)
  symlink("real", directory.file("link"))
  let file = try AtomicFile(path: directory.file("link"))
  try file.write("new")
  try file.finish()
  #expect(try directory.read("real") == Array("new".utf8))
  let attributes = try FileManager.default.attributesOfItem(atPath: directory.file("real"))
  #expect(attributes[.posixPermissions] as? Int == 0o600)
}

/// A link to something that is not there is the user's, and is neither replaced nor written through.
@Test func atomicFileLeavesDanglingLinks() throws {
  let directory = try TemporaryDirectory()
  symlink("nowhere", directory.file("link"))
  #expect(code { _ = try AtomicFile(path: directory.file("link")) } == "file/dangling-link")
  #expect(FilePath(directory.file("link")).isDanglingLink)
  #expect(directory.names == ["link"])
}

/// Names that are no text, and names as long as names can be.
@Test func atomicFileTakesAnyName() throws {
  let directory = try TemporaryDirectory()
  let names = [[0xFF, 0x61], Array(String(repeating: "é", count: 127).utf8)]
  for name in names {
    let path = FilePath(directory.path).appending(FilePath(bytes: name))
    try path.replace(with: [1, 2])
    #expect(try path.contents(limit: 9) == [1, 2])
  }
  #expect(directory.names.count == 2)
}

/// What killed processes left goes; what is another's, somebody's, locked or something else stays.
@Test func abandonedFilesGo() throws {
  let directory = try TemporaryDirectory()
  let gone = try Shell.bash("true & wait; echo $!", in: directory).text.dropLast()
  let kept = [
    ".llava-\(getpid()).tmp", ".llava-1.tmp", ".x.llava-\(getpid())-a.tmp", ".llava-\(gone)",
    "x.llava-\(gone)-a.tmp", ".my-llava-\(gone).tmp", ".x.llava-\(gone).tmp",
    ".x.llava-\(gone)-.tmp",
    ".x.llava-\(gone)-a-b.tmp", ".llava-\(gone)-a.tmp", ".llava-.tmp", ".llava-99999999999.tmp",
    ".llava--\(gone).tmp", ".x.llava-\(gone)-locked.tmp", ".llava-0.tmp",
  ]
  let removed = [".llava-\(gone).tmp", ".x.jpg.txt.llava-\(gone)-1abc.tmp"]
  for name in kept + removed { try directory.write("half", to: name) }
  symlink("nowhere", directory.file(".l.llava-\(gone)-a.tmp"))
  mkdir(directory.file(".d.llava-\(gone)-a.tmp"), 0o700)
  mkfifo(directory.file(".p.llava-\(gone)-a.tmp"), 0o600)
  let lock = try AppendFile(path: directory.file(".x.llava-\(gone)-locked.tmp"))
  let open = try AtomicFile(path: directory.file("out"))
  let before = Set(directory.names)
  FilePath(directory.path).removeAbandonedFiles()
  #expect(before.subtracting(directory.names) == Set(removed))
  try open.finish()
  withExtendedLifetime(lock) {}
  FilePath(directory.file("none")).removeAbandonedFiles()
}

@Test func atomicFileWritesDevicesInPlace() throws {
  let null = try AtomicFile(path: "/dev/null")
  try null.write("x")
  try null.finish()
  let full = try AtomicFile(path: "/dev/full")
  #expect(code { try full.write("x") } == "io/write")
  #expect(code { _ = try AtomicFile(path: "/nonexistent/x") } == "io/create")
}

@Test func readsRegularFilesOnly() throws {
  let directory = try TemporaryDirectory()
  let path = try directory.write("hello", to: "file")
  mkfifo(directory.file("fifo"), 0o600)
  #expect(try readWholeFile(path, limit: 5) == Array("hello".utf8))
  #expect(code { _ = try readWholeFile(path, limit: 4) } == "file/too-large")
  #expect(code { _ = try readWholeFile(directory.file("fifo"), limit: 9) } == "file/not-regular")
  #expect(code { _ = try readWholeFile(directory.path, limit: 9) } == "file/not-regular")
  #expect(code { _ = try readWholeFile("/dev/zero", limit: 9) } == "file/not-regular")
  #expect(code { _ = try MappedFile(path: "/dev/zero") } == "file/not-regular")
  #expect(code { _ = try readWholeFile(directory.file("none"), limit: 9) } == "io/open")
}

@Test func mapsFiles() throws {
  let directory = try TemporaryDirectory()
  let file = try MappedFile(path: directory.write("hello", to: "file"))
  #expect(Array(file.bytes) == Array("hello".utf8))
  try file.verifyUnchanged()
  try directory.write("longer than before", to: "other")
  truncate(directory.file("file"), 3)
  #expect(code { try file.verifyUnchanged() } == "file/changed")
  let empty = try MappedFile(path: directory.write("", to: "empty"))
  #expect(empty.bytes.count == 0)
}

@Test(arguments: [true, false])
func rootConfinesPaths(usesKernel: Bool) throws {
  let directory = try TemporaryDirectory()
  for name in ["root", "root/deep"] {
    try FileManager.default.createDirectory(
      atPath: directory.file(name), withIntermediateDirectories: true)
  }
  try directory.write("secret", to: "secret")
  try directory.write("image", to: "root/deep/a.jpg")
  symlink("../secret", directory.file("root/out"))
  symlink("/etc", directory.file("root/etc"))
  symlink("self", directory.file("root/self"))
  mkfifo(directory.file("root/fifo"), 0o600)
  let root = try FileRoot(path: directory.file("root"), usesKernel: usesKernel)
  #expect(try root.read("deep/a.jpg", limit: 100) == Array("image".utf8))
  #expect(try root.read("./deep//a.jpg", limit: 100) == Array("image".utf8))
  let outside = ["/etc/passwd", "../secret", "deep/../../secret", "out", "self"]
  for name in ["", "a\0b", String(repeating: "a/", count: 3000)] {
    #expect(code { _ = try root.read(name, limit: 100) } == "path/invalid", "\(name)")
  }
  for name in outside {
    #expect(code { _ = try root.read(name, limit: 100) } == "path/outside-root", "\(name)")
  }
  #expect(code { _ = try root.read("etc/passwd", limit: 100_000) }?.hasPrefix("path/") == true)
  #expect(code { _ = try root.read("..%2fsecret", limit: 100) } == "path/missing")
  #expect(code { _ = try root.read("none", limit: 100) } == "path/missing")
  #expect(code { _ = try root.read("fifo", limit: 100) } == "file/not-regular")
  #expect(code { _ = try root.read("deep", limit: 100) } == "file/not-regular")
}

@Test func aPathWithANulIsRefusedWhereverItIsOpened() throws {
  let directory = try TemporaryDirectory()
  try directory.write("x", to: "file")
  let path = directory.file("file") + "\0.png"
  #expect(code { _ = try readWholeFile(path, limit: 9) } == "path/invalid")
  #expect(code { _ = try FileSource(path: path) } == "path/invalid")
  #expect(code { _ = try MappedFile(path: path) } == "path/invalid")
  #expect(code { _ = try AtomicFile(path: path) } == "path/invalid")
  #expect(code { _ = try FileRoot(path: directory.path + "\0x") } == "path/invalid")
  #expect(directory.names == ["file"])
  let missing = directory.file("none")
  #expect(code { _ = try readWholeFile(missing, limit: 9, isNamedByData: true) } == "path/missing")
}

/// A skip record is final: it may not say what another run would find otherwise.
@Test func whatTheSystemLacksIsNoFaultOfAPath() throws {
  let directory = try TemporaryDirectory()
  try directory.write("x", to: "file")
  let path = directory.file("file")
  for shortage in [EMFILE, ENFILE, EIO, ESTALE, ETIMEDOUT] {
    let failure = Failure.opening(path, errno: shortage)
    #expect(failure.status == .inputOutput && failure.code == "io/open", "\(shortage)")
    #expect(!failure.spoilsRecordOnly, "\(shortage)")
  }
  let memory = Failure.opening(path, errno: ENOMEM)
  #expect(memory.status == .limitExceeded && memory.code == "memory/exhausted")
  #expect(!memory.spoilsRecordOnly)
  #expect(Failure.opening(path, errno: EMFILE).remedy?.contains("ulimit -n") == true)
  for fault in [EACCES, EPERM, ELOOP, ENXIO] {
    #expect(Failure.opening(path, errno: fault).code == "path/refused", "\(fault)")
  }
  #expect(Failure.opening(path, errno: ENOENT).code == "path/missing")
  // A serial port that is not there answers with EIO.
  #expect(Failure.opening("/dev/null", errno: EIO).code == "file/not-regular")
}

@Test func filesOfTheKernelAreNoData() throws {
  for path in [
    "/proc/self/mem", "/proc/self/environ", "/sys/kernel/mm/transparent_hugepage/enabled",
  ]
  where access(path, F_OK) == 0 {
    #expect(
      code { _ = try readWholeFile(path, limit: 1 << 20, isNamedByData: true) }
        == "file/not-regular", "\(path)")
    #expect(
      code { _ = try FileRoot(path: "/").read(String(path.dropFirst()), limit: 1 << 20) }?
        .hasSuffix("not-regular") != false, "\(path)")
  }
}

@Test func theSizeIsToldBeforeMemoryIsTaken() throws {
  let directory = try TemporaryDirectory()
  try directory.write("hello", to: "file")
  var sizes: [Int] = []
  let root = try FileRoot(path: directory.path)
  _ = try root.read("file", limit: 5) { sizes.append($0) }
  _ = try readWholeFile(directory.file("file"), limit: 5) { sizes.append($0) }
  #expect(code { _ = try root.read("file", limit: 4) { sizes.append($0) } } == "file/too-large")
  #expect(sizes == [5, 5])
}

@Test func placesOfBytesHaveOneForm() {
  let failure = Failure(.invalidInput, code: "a/b", at: "byte 3", "odd")
  #expect(failure.at("m/config.json").place == "m/config.json:byte 3")
  #expect(failure.at("m/config.json").at("m/config.json").place == "m/config.json:byte 3")
  #expect(Failure(.usage, code: "a/b", at: "x", "odd").at("y").place == "y: x")
}
