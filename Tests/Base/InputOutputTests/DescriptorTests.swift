// Descriptors: pipes that are slow, full or non-blocking; arithmetic and text from files.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import TestSupport
import Testing

@Test func readsANonBlockingPipe() throws {
  var ends: [Int32] = [0, 0]
  #expect(pipe(&ends) == 0)
  let (reader, writer) = (ends[0], ends[1])
  _ = fcntl(reader, F_SETFL, O_NONBLOCK)
  Thread.detachNewThread {
    for byte in "slow".utf8 {
      usleep(2000)
      _ = withUnsafeBytes(of: byte) { write(writer, $0.baseAddress, 1) }
    }
    close(writer)
  }
  let source = FileSource(descriptor: reader, name: "pipe")
  var found: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16)
  while true {
    let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
    if count == 0 { break }
    found += buffer[..<count]
  }
  close(reader)
  #expect(found == Array("slow".utf8))
}

@Test func writesAllThroughANonBlockingPipe() throws {
  var ends: [Int32] = [0, 0]
  #expect(pipe(&ends) == 0)
  let (reader, writer) = (ends[0], ends[1])
  _ = fcntl(writer, F_SETFL, O_NONBLOCK)
  let total = 1_000_000
  let counted = DispatchSemaphore(value: 0)
  nonisolated(unsafe) var received = 0
  Thread.detachNewThread {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(reader, &buffer, 4096), count > 0 { received += count }
    counted.signal()
  }
  let sink = FileSink(descriptor: writer, name: "pipe")
  try sink.write([UInt8](repeating: 7, count: total))
  try sink.finish()
  close(writer)
  counted.wait()
  close(reader)
  #expect(received == total)
}

@Test func refusedWritesAreErrors() throws {
  let full = open("/dev/full", O_WRONLY)
  defer { close(full) }
  #expect(throws: Failure.self) { try FileSink(descriptor: full, name: "full").write("x") }
  #expect(throws: Failure.self) { try FileSink(descriptor: 9999, name: "closed").write("x") }
  #expect(throws: Failure.self) { try FileSink(descriptor: 9999, name: "closed").finish() }
}

@Test func arithmeticRefusesWhatDoesNotFit() {
  #expect(checkedProduct(2, 3, 4) == 24)
  #expect(checkedProduct([Int]()) == 1)
  #expect(checkedProduct(0, 1 << 62, 1 << 62) == nil)
  #expect(checkedProduct(1 << 62, 1 << 62, 0) == nil)
  #expect(checkedProduct(0, -1) == nil)
  #expect(checkedProduct(0, 5) == 0)
  #expect(checkedSum(1, 2) == 3)
  #expect(checkedSum(.max, 1) == nil)
  #expect(checkedSum(5, -1) == nil)
}

@Test func hashesAsTheStandardSays() {
  var hash = SHA256()
  hash.update("a")
  hash.update(Array("bc".utf8))
  #expect(
    hash.hexadecimal() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
}

@Test func textCannotSteerATerminal() {
  #expect(escapedForTerminal("plain é 日本 😀") == "plain é 日本 😀")
  #expect(escapedForTerminal("\u{1b}[2J\n\u{9b}\u{202e}") == "\\u{1b}[2J\\n\\u{9b}\\u{202e}")
}

@Test func jsonCannotSteerATerminal() {
  let text = "{\"a\":\"\u{9b}2J\u{7f}\u{202e}é\"}\n"
  #expect(escapedJSONForTerminal(text) == #"{"a":"\u009b2J\u007f\u202eé"}"# + "\n")
  #expect(escapedJSONForTerminal("{\"a\":\"é\"}\n") == "{\"a\":\"é\"}\n")
}
