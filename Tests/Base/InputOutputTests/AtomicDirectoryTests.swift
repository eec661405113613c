// Directories that are complete or absent, and mappings whose memory goes back.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Foundation
import TestSupport
import Testing

@testable import InputOutput

private func code(_ body: () throws -> Void) -> String? {
  do { try body() } catch let failure as Failure { return failure.code } catch { return "\(error)" }
  return nil
}

@Suite struct AtomicDirectoryTests {
  @Test func itAppearsWhenFinished() throws {
    let place = try TemporaryDirectory()
    let directory = try AtomicDirectory(path: place.file("out"))
    try directory.write(Array("a".utf8), to: "a")
    let file = try directory.file("b")
    try file.write("b")
    #expect(place.names.count == 1)
    #expect(place.names.allSatisfy { $0.hasPrefix(".out.") })
    try file.finish()
    try directory.finish()
    #expect(place.names == ["out"])
    #expect(try place.read("out/a") + place.read("out/b") == Array("ab".utf8))
  }

  @Test func itLeavesNothingWhenDropped() throws {
    let place = try TemporaryDirectory()
    do {
      let directory = try AtomicDirectory(path: place.file("out"))
      // More than a buffer of the system's list of names.
      for number in 0..<300 { try directory.write([1], to: "file-with-a-longer-name-\(number)") }
      let half = try directory.file("half")
      try half.write("half")
      #expect(place.names.count == 1)
    }
    #expect(place.names == [])
  }

  /// What a signal's handler calls.
  @Test func theRegistryRemovesDirectories() throws {
    let place = try TemporaryDirectory()
    let directory = try AtomicDirectory(path: place.file("out"))
    try directory.write([1], to: "a")
    let hidden = try #require(place.names.first)
    llava_remove_temporary(place.file(hidden))
    #expect(place.names == [])
    #expect(code { try directory.finish() } != nil)
    // A link to a directory is removed, not what it leads to.
    try place.write("x", to: "kept")
    symlink(place.path, place.file("link"))
    llava_remove_temporary(place.file("link"))
    #expect(place.names == ["kept"])
  }

  @Test func messagesNameWhatTheUserNamed() throws {
    let place = try TemporaryDirectory()
    let directory = try AtomicDirectory(path: place.file("out"))
    #expect(try directory.file("a").name == place.file("out/a"))
  }

  @Test func onlyEmptyDirectoriesAreReplaced() throws {
    let place = try TemporaryDirectory()
    try place.write("x", to: "file")
    mkdir(place.file("full"), 0o700)
    try place.write("x", to: "full/x")
    mkdir(place.file("empty"), 0o700)
    symlink("empty", place.file("link"))
    symlink("nowhere", place.file("dangling"))
    for name in ["file", "full", "dangling"] {
      #expect(code { _ = try AtomicDirectory(path: place.file(name)) } == "usage/exists", "\(name)")
    }
    let directory = try AtomicDirectory(path: place.file("link//"))
    try directory.write([7], to: "a")
    try directory.finish()
    #expect(try place.read("empty/a") == [7])
    #expect(place.names == ["dangling", "empty", "file", "full", "link"])
  }

  @Test func anInputIsNoPlaceForIt() throws {
    let place = try TemporaryDirectory()
    mkdir(place.file("model"), 0o700)
    symlink("model", place.file("alias"))
    let inputs = [place.file("model")]
    for name in ["model", "model/out", "alias/out", "model/../model/out"] {
      #expect(
        code { _ = try AtomicDirectory(path: place.file(name), outside: inputs) }
          == "usage/same-file", "\(name)")
    }
    _ = try AtomicDirectory(path: place.file("model-2"), outside: inputs)
    #expect(place.names(in: "model") == [])
  }

  @Test func pathsThatNameNothingAreRefused() throws {
    let long = String(repeating: "x", count: 256)
    let place = try TemporaryDirectory()
    for path in ["/nonexistent/x", place.file(long), place.file("none/.."), "/proc/x"] {
      #expect(code { _ = try AtomicDirectory(path: path) } == "io/create", "\(path)")
    }
    #expect(code { _ = try AtomicDirectory(path: "") } == "path/invalid")
  }

  @Test func pagesGoBackAndAreReadAgain() throws {
    let place = try TemporaryDirectory()
    let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 / 4096) }
    let file = try MappedFile(path: try place.write(bytes, to: "file"))
    func resident() -> Int {
      // mincore(2) tells of the cache; the process's own share stands here.
      let data = FileHandle(forReadingAtPath: "/proc/self/smaps")?.readDataToEndOfFile()
      let text = "\n" + String(decoding: data ?? Data(), as: UTF8.self)
      let address = String(UInt(bitPattern: file.bytes.baseAddress), radix: 16)
      let entry = text.components(separatedBy: "\n\(address)-").dropFirst().first ?? ""
      let row = entry.split(separator: "\n").first { $0.hasPrefix("Rss:") } ?? ""
      return row.split(separator: " ").compactMap { Int($0) }.first ?? -1
    }
    let sum = file.bytes.reduce(0) { $0 + Int($1) }
    #expect(resident() >= 1000)
    MappedFile.releasePages(of: UnsafeRawBufferPointer(rebasing: file.bytes[100...]))
    #expect(resident() == 0)
    #expect(file.bytes.reduce(0) { $0 + Int($1) } == sum)
    // Bytes of no mapping keep what they hold.
    let own = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 4096)
    defer { own.deallocate() }
    own.initializeMemory(as: UInt8.self, repeating: 9)
    MappedFile.releasePages(of: UnsafeRawBufferPointer(own))
    #expect(own.allSatisfy { $0 == 9 })
  }
}

extension TemporaryDirectory {
  fileprivate func names(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: file(name))) ?? []).sorted()
  }
}
