// Streams that are right: written, read, re-cut, concatenated, delivered early.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import Tensors
import TestSupport
import Testing

@Test(arguments: [0, 1, 3, 19])
func readsWhatItWrites(level: Int) throws {
  let bytes = try sampleStream(level: level)
  #expect(try bytes == sampleStream(level: level))
  let result = readStream(bytes)
  #expect(result.failure == nil)
  #expect(result.records.count == 4)
  #expect(result.records[1] == "2 broken.jpg - image/truncated cut")
  #expect(result.records[0].hasPrefix(#"1 photo 0.jpg {"id":0} ["image_rows i32 [1]"#))
  #expect(readStream(bytes, step: 1) == result)
  #expect(readStream(bytes, step: 7) == result)
}

@Test func plainAndRecutStreamsMeanTheSame() throws {
  let bytes = try sampleStream()
  let expected = readStream(bytes)
  let plain = decompressed(bytes)
  #expect(readStream(plain) == expected)
  #expect(readStream(frame(plain)) == expected)
  // Cut anywhere, in pieces that know nothing of records, with skippable frames between.
  for size in [1, 5, 64, 1000] {
    let pieces = stride(from: 0, to: plain.count, by: size).map {
      Array(plain[$0..<min($0 + size, plain.count)])
    }
    #expect(
      readStream(Array(pieces.map { frame($0) }.joined(separator: skippable([1])))) == expected)
  }
  #expect(readStream(skippable([1, 2]) + bytes + skippable([], kind: 0x5E)) == expected)
}

@Test func emptyRecordSetsAreValid() throws {
  let sink = MemorySink()
  try TensorStreamWriter(sink, header: sampleHeader).finish()
  let result = readStream(sink.bytes)
  #expect(result.failure == nil)
  #expect(result.records.isEmpty)
}

@Test func concatenatedStreamsAreOne() throws {
  let two = try sampleStream() + sampleStream(records: 1)
  let result = readStream(two)
  #expect(result.failure == nil)
  #expect(result.records.count == 6)
  var other = sampleHeader
  other.config = #"{"side":224}"#
  let sink = MemorySink()
  try TensorStreamWriter(sink, header: other).finish()
  #expect(readStream(try sampleStream() + sink.bytes).failure?.code == "stream/after-end")
}

/// What reads them sees one header only.
@Test func streamsOfTwoRecipesAreNotOne() throws {
  func stream(_ recipe: String) throws -> [UInt8] {
    var header = sampleHeader
    header.metadata = [("ts.x-recipe", recipe)]
    let sink = MemorySink()
    try TensorStreamWriter(sink, header: header).finish()
    return sink.bytes
  }
  #expect(readStream(try stream("a") + stream("a")).failure == nil)
  let failure = try #require(readStream(try stream("a") + stream("b")).failure)
  #expect(failure.code == "stream/after-end" && failure.message.contains("recipe"))
}

@Test func eachRecordLeavesInOneWrite() throws {
  let sink = MemorySink()
  let writer = try TensorStreamWriter(sink, header: sampleHeader)
  #expect(sink.writes.count == 1)
  try writer.write(id: "a", json: nil, tensors: try sampleTensors(0))
  #expect(sink.writes.count == 2)
  try writer.finish()
  #expect(sink.writes.count == 3)
}

/// Gives one piece a read, and says when a read comes that it cannot satisfy.
private final class Pieces: ByteSource {
  let name = "pieces"
  private var pieces: [[UInt8]]
  init(_ pieces: [[UInt8]]) { self.pieces = pieces }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    guard !pieces.isEmpty else { throw Failure(.internalError, code: "test/waited", "would wait") }
    let piece = pieces.removeFirst()
    buffer.copyBytes(from: piece)
    return piece.count
  }
}

@Test func deliversARecordWithoutWaitingForTheNext() throws {
  let sink = MemorySink()
  let writer = try TensorStreamWriter(sink, header: sampleHeader)
  let header = sink.bytes
  try writer.write(id: "a", json: nil, tensors: try sampleTensors(0))
  let reader = try TensorStreamReader(Pieces([header, Array(sink.bytes[header.count...])]))
  #expect(try reader.next()?.id == "a")
  #expect(throws: Failure.self) { try reader.next() }
}

@Test func oddIdentifiersAreMadeFit() throws {
  let sink = MemorySink()
  let writer = try TensorStreamWriter(sink, header: sampleHeader)
  let ids = ["", "a\nb\u{1b}", String(repeating: "é", count: 2000), "日本"]
  for id in ids { try writer.write(id: id, json: nil, tensors: try sampleTensors(0)) }
  try writer.finish()
  let reader = try TensorStreamReader(MemorySource(sink.bytes))
  var found: [String] = []
  while let record = try reader.next() { found.append(record.id) }
  #expect(found == ["record-1", "a\\nb\\u{1b}", String(repeating: "é", count: 512), "日本"])
}

@Test func writerRefusesWithoutHarm() throws {
  let sink = MemorySink()
  let writer = try TensorStreamWriter(sink, header: sampleHeader)
  let start = sink.bytes.count
  var code: String?
  do throws(Failure) { try writer.write(id: "a", json: nil, tensors: []) } catch {
    code = error.code
  }
  #expect(code == "stream/schema")
  let large: JSONObject = ["text": .string(String(repeating: "x", count: 300_000))]
  let tensors = try sampleTensors(0)
  do throws(Failure) { try writer.write(id: "a", json: large, tensors: tensors) } catch {
    code = error.code
  }
  #expect(code == "stream/json-too-large")
  #expect(sink.bytes.count == start)
  try writer.skip(id: "a", json: large, code: "stream/json-too-large", message: "large")
  try writer.finish()
  #expect(readStream(sink.bytes).records == ["1 a - stream/json-too-large large"])
}

@Test func writerRefusesSizesByTheirShapes() throws {
  var limits = StreamLimits()
  limits.recordBytes = 1000
  let field = StreamSchema.Field("a", .f32, [nil, 10])
  let header = StreamHeader(content: "a", schema: StreamSchema([field]), producer: "test/1")
  let writer = try TensorStreamWriter(MemorySink(), header: header, limits: limits)
  func code(_ shape: [Int]) -> String? {
    do throws(Failure) { try writer.check([("a", .f32, shape)]) } catch { return error.code }
    return nil
  }
  #expect(code([25, 10]) == nil)
  for rows in [26, Int.max, Int.max / 40 + 1] { #expect(code([rows, 10]) == "stream/too-large") }
  #expect(code([1, 11]) == "stream/schema")
}

private final class FullSink: ByteSink {
  let name = "full"
  private var left: Int
  init(after count: Int) { left = count }
  func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    left -= 1
    if left < 0 { throw Failure(.inputOutput, code: "io/write", "No space left on device") }
  }
  func finish() throws(Failure) {}
}

@Test func noEndRecordAfterAFailedWrite() throws {
  let writer = try TensorStreamWriter(FullSink(after: 2), header: sampleHeader)
  try writer.write(id: "a", json: nil, tensors: try sampleTensors(0))
  #expect(throws: Failure.self) { try writer.skip(id: "b", json: nil, code: "x/y", message: "") }
  #expect(throws: Failure.self) { try writer.finish() }
}

@Test func readsTheGoldenStreamOfVersion1() throws {
  // Written once and kept: every later reader must read it.
  let bytes = try readGolden("version-1.tsz")
  let result = readStream(bytes)
  #expect(result == readStream(try sampleStream()))
  #expect(result.failure == nil)
}
