// What JSONL looks like on a terminal, and what must not get an end.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import Testing

/// A sink that someone watches.
private final class Screen: ByteSink {
  let name = "screen"
  let isTerminal: Bool
  private(set) var text = ""
  private(set) var isFinished = false

  init(isTerminal: Bool) { self.isTerminal = isTerminal }

  func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    text += String(decoding: bytes, as: UTF8.self)
  }

  func finish() throws(Failure) { isFinished = true }
}

@Test(arguments: [true, false])
func onATerminalControlsAreEscaped(isTerminal: Bool) throws {
  let screen = Screen(isTerminal: isTerminal)
  let writer = try JSONLWriter(screen, level: nil)
  try writer.write(["id": .string("\u{9b}2J\u{7f}\u{202e}é")])
  let escaped = #"{"id":"\u009b2J\u007f\u202eé"}"# + "\n"
  #expect(screen.text == (isTerminal ? escaped : "{\"id\":\"\u{9b}2J\u{7f}\u{202e}é\"}\n"))
}

@Test func aCheckBeforeTheEndKeepsTheEndAway() throws {
  let fault = Failure(.invalidInput, code: "file/changed", "changed")
  let lines = Screen(isTerminal: false)
  let writer = try JSONLWriter(lines, level: nil) { () throws(Failure) in throw fault }
  #expect(throws: fault) { try writer.finish() }
  #expect(!lines.isFinished)
  let tensors = Screen(isTerminal: false)
  let header = StreamHeader(content: "c", schema: StreamSchema([]), producer: "p")
  let stream = try TensorStreamWriter(tensors, header: header) { () throws(Failure) in throw fault }
  let before = tensors.text
  #expect(throws: fault) { try stream.finish() }
  #expect(!tensors.isFinished && tensors.text == before)
}

@Test func ofASkippedObjectThatIsTooLongTheIdIsKept() throws {
  let screen = Screen(isTerminal: false)
  let writer = try JSONLWriter(screen, level: nil, lineBytes: 60)
  try writer.skip(
    ["id": .string("x"), "a": .string(String(repeating: "a", count: 50))],
    SkipMark(code: "c", message: "m"))
  #expect(screen.text == #"{"id":"x","skipped":{"code":"c","message":"m"}}"# + "\n")
}

@Test func linesTogetherAreTheSameAsLinesOneByOne() throws {
  let lines = [#"{"a":1}"#, #"{"b":"é"}"#, "{}"]
  for level in [nil, 3] as [Int?] {
    let (single, together) = (MemorySink(), MemorySink())
    let first = try JSONLWriter(single, level: level)
    for line in lines { try first.write(serialized: Array(line.utf8)) }
    try first.finish()
    let second = try JSONLWriter(together, level: level)
    try second.write(serializedLines: Array(lines.map { $0 + "\n" }.joined().utf8))
    try second.write(serializedLines: [])
    #expect(second.recordCount == 3 && second.skippedCount == 0)
    try second.finish()
    #expect(single.bytes == together.bytes)
    if level == nil { #expect(together.bytes == Array(lines.map { $0 + "\n" }.joined().utf8)) }
  }
}
