// Texts without their frames, and what is no text.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import Testing

@Suite struct TextSourceTests {
  private func bytes(_ source: [UInt8], step: Int = .max) throws(Failure) -> [UInt8] {
    let text = try TextSource(MemorySource(source, name: "a.json", step: step))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
    defer { buffer.deallocate() }
    var all: [UInt8] = []
    while case let count = try text.read(into: buffer), count > 0 { all += buffer[..<count] }
    return all
  }

  @Test(arguments: [1, 3, .max])
  func theTextIsTheSameInFramesAndOut(step: Int) throws {
    let text = Array(String(repeating: "{\"a\":1}\n", count: 20_000).utf8)
    #expect(try bytes(text, step: step) == text)
    #expect(try bytes([0xEF, 0xBB, 0xBF] + text, step: step) == text)
    let sink = MemorySink()
    let writer = try JSONLWriter(sink, level: 1)
    for _ in 0..<20_000 { try writer.write(["a": .int(1)]) }
    try writer.finish()
    #expect(try bytes(sink.bytes, step: step) == text)
    #expect(throws: Failure.self) {
      try bytes(Array(sink.bytes.dropLast(60)) + [1, 2], step: step)
    }
  }

  @Test func whatIsNoTextIsNamed() {
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0]
    let failure = #expect(throws: Failure.self) { try bytes(png) }
    #expect(failure?.code == "text/binary" && failure?.place == "a.json")
  }
}
