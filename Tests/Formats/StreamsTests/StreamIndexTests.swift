// Records in any order are those that the reader in order gives, and as well checked.
// SPDX-License-Identifier: Apache-2.0
import CZstd
import InputOutput
import Streams
import TestSupport
import Testing

/// Everything that an index of `bytes` gives, last record first, told as the reader's is.
func readIndex(
  _ path: String, limits: StreamLimits = StreamLimits(),
  warn: @escaping (String) -> Void = { _ in }
) -> ReadResult {
  var result = ReadResult()
  do throws(Failure) {
    let index = try TensorStreamIndex(path: path, limits: limits, warn: warn)
    let header = index.header
    result.header =
      "\(header.content) \(header.schema.json.serializedString) \(header.producer) "
      + "\(header.config ?? "") \(header.metadata)"
    for ordinal in (0..<index.count).reversed() {
      result.records.insert(describe(try index.record(at: ordinal)), at: 0)
    }
  } catch {
    result.failure = error
  }
  return result
}

/// One frame of `bytes` that does not say how much it holds.
func frameWithoutSize(_ bytes: [UInt8]) -> [UInt8] {
  let context = ZSTD_createCCtx()
  defer { ZSTD_freeCCtx(context) }
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
  var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count) + 64)
  let count = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
  return Array(output[..<count])
}

@Suite struct StreamIndexTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The results of both readers of `bytes`.
  private func both(_ bytes: [UInt8], limits: StreamLimits = StreamLimits()) throws -> (
    ordered: ReadResult, indexed: ReadResult
  ) {
    let path = try directory.write(bytes, to: "stream")
    return (readStream(try FileSource(path: path), limits: limits), readIndex(path, limits: limits))
  }

  /// Layouts that both readers take, by name.
  private func layouts() throws -> [(name: String, bytes: [UInt8])] {
    let stream = try sampleStream()
    let stored = try sampleStream(level: 0)
    let records = split(stream).map { decompressed($0) }
    let idle = skippable([1, 2, 3]) + frame([])
    return [
      ("compressed", stream), ("stored", stored), ("plain", decompressed(stream)),
      ("without hash", try sampleStream(hash: false)), ("two", stream + stored),
      ("three plain", decompressed(stream + stored + stream)),
      ("idle frames", idle + Array(split(stream).joined(separator: idle)) + idle),
      ("frames without sizes", Array(records.map(frameWithoutSize).joined())),
      ("frames without checksums", Array(records.map { frame($0, checksum: false) }.joined())),
      ("no records", try emptyStream()),
    ]
  }

  private func emptyStream() throws -> [UInt8] {
    let sink = MemorySink()
    try TensorStreamWriter(sink, header: sampleHeader, hash: true).finish()
    return sink.bytes
  }

  @Test func everyLayoutGivesTheSameRecords() throws {
    for (name, bytes) in try layouts() {
      let (ordered, indexed) = try both(bytes)
      #expect(ordered.failure == nil, "\(name)")
      #expect(indexed == ordered, "\(name)")
    }
  }

  @Test func theWalkShowsWhatTheRecordsSay() throws {
    let path = try directory.write(try sampleStream() + sampleStream(), to: "stream")
    var seen: [RecordSummary] = []
    let index = try TensorStreamIndex(
      path: path,
      visit: { (ordinal, record) throws(Failure) in
        #expect(ordinal == seen.count)
        seen.append(record)
      })
    #expect(index.count == 8 && seen.count == 8 && index.skippedCount == 2)
    for ordinal in 0..<index.count {
      let summary = seen[ordinal]
      let record = try index.record(at: ordinal)
      #expect(record.id == summary.id && record.sequence == summary.sequence)
      #expect(summary.place == "\(path): record \(ordinal + 1)")
      #expect(index.isSkip(at: ordinal) == (ordinal % 4 == 1))
      switch record {
      case .data(let data):
        #expect(summary.skip == nil && summary.json == data.json && summary.text != nil)
        #expect(summary.tensors.map { $0.name } == data.tensors.map { $0.name })
        #expect(summary.shape(of: "features") == [2, 4])
        #expect(summary.tensors.map { $0.shape } == data.tensors.map { $0.tensor.shape })
      case .skip(let skip):
        #expect(summary.skip == skip.mark && summary.tensors.isEmpty)
      }
    }
  }

  @Test func whatTheVisitorRefusesIsRefusedWithItsPlace() throws {
    let path = try directory.write(try sampleStream(), to: "stream")
    let refusal = Failure(.mismatch, code: "test/refused", "no")
    #expect(throws: refusal.at("\(path): record 3")) {
      try TensorStreamIndex(
        path: path, visit: { (ordinal, _) throws(Failure) in if ordinal == 2 { throw refusal } })
    }
  }

  @Test func digestsTellStreamsApartButNotTheirFrames() throws {
    func digest(_ bytes: [UInt8]) throws -> String {
      try TensorStreamIndex(path: try directory.write(bytes, to: "stream")).digest
    }
    let stream = try sampleStream()
    #expect(try digest(stream) == digest(decompressed(stream)))
    #expect(try digest(stream) == digest(try sampleStream(level: 0)))
    #expect(try digest(stream) != digest(try sampleStream(records: 4)))
    #expect(try digest(stream) != digest(stream + stream))
  }

  @Test func threadsMayReadAtOnce() async throws {
    let path = try directory.write(try sampleStream(records: 40), to: "stream")
    let index = try TensorStreamIndex(path: path)
    let expected = readStream(try FileSource(path: path)).records
    let found = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for place in 0..<400 {
        let ordinal = place * 17 % index.count
        group.addTask { (ordinal, describe(try index.record(at: ordinal))) }
      }
      return try await group.reduce(into: [(Int, String)]()) { $0.append($1) }
    }
    #expect(found.count == 400 && found.allSatisfy { expected[$0.0] == $0.1 })
  }

  @Test func recordsThatShareFramesAreRefused() throws {
    let records = split(try sampleStream()).map { decompressed($0) }
    let plain = Array(records.joined())
    let pair = records[1] + records[2]
    let apart = [frame(Array(records[1][..<100])), frame(Array(records[1][100...]))]
    let others = { (frames: [[UInt8]], places: Range<Int>) in
      var all = records.map { frame($0) }
      all.replaceSubrange(places, with: frames)
      return Array(all.joined())
    }
    for bytes in [
      frame(plain), frameWithoutSize(plain), others([frame(pair)], 1..<3),
      others([frameWithoutSize(pair)], 1..<3), others(apart, 1..<2),
      others([frame(Array(records[1][..<5])), frame(Array(records[1][5...]))], 1..<2),
      others([frame(records[4] + records[5])], 4..<6),
    ] {
      let (ordered, indexed) = try both(bytes)
      #expect(ordered.failure == nil)
      #expect(indexed.failure?.code == "stream/shared-frame")
      #expect(indexed.failure?.remedy?.contains("zstd -d") == true)
    }
  }

  @Test func onlyRegularFilesHaveAnIndex() throws {
    #expect(readIndex("/dev/null").failure?.code == "file/not-regular")
    #expect(readIndex(directory.file("none")).failure?.code == "io/open")
    #expect(try both([]).indexed.failure?.code == "stream/empty")
    #expect(try both(skippable([])).indexed.failure?.code == "stream/empty")
    #expect(
      try both(Array("{\"id\":1,\"image\":\"a\"}\n".utf8)).indexed.failure?.code
        == "stream/not-a-stream")
  }

  @Test func aFileThatChangesIsNoticed() throws {
    let bytes = try sampleStream()
    let path = try directory.write(bytes, to: "stream")
    let index = try TensorStreamIndex(path: path)
    _ = try index.record(at: 0)
    var other = bytes
    other[bytes.count / 2] ^= 1
    _ = try Shell.bash("cat > '\(path)'", input: other)
    let failure = #expect(throws: Failure.self) { try index.record(at: 3) }
    #expect(failure?.code == "file/changed")
    #expect(failure?.place == "\(path): record 4")
  }
}
