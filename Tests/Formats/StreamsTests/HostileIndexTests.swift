// Files that are cut, damaged or lie: an index refuses what the reader in order refuses.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import Tensors
import TestSupport
import Testing

@Suite struct HostileIndexTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func both(_ bytes: [UInt8]) throws -> (ordered: ReadResult, indexed: ReadResult) {
    let path = try directory.write(bytes, to: "stream")
    return (readStream(try FileSource(path: path)), readIndex(path))
  }

  @Test(arguments: [0, 1])
  func everyCutIsRefusedAsInOrder(level: Int) throws {
    let bytes = try sampleStream(records: 2, level: level)
    for bytes in [bytes, decompressed(bytes), bytes + bytes] {
      for count in stride(from: 0, to: bytes.count, by: amount(3, soak: 1)) {
        let (ordered, indexed) = try both(Array(bytes[..<count]))
        #expect(indexed.failure == ordered.failure, "cut at \(count)")
      }
    }
  }

  @Test func everyFlippedByteIsSeenOrHarmless() throws {
    let bytes = try sampleStream(records: 2)
    for (name, bytes) in [("frames", bytes), ("plain", decompressed(bytes))] {
      for index in stride(from: 0, to: bytes.count, by: amount(5, soak: 1)) {
        for mask: UInt8 in [0x01, 0x80, 0xFF] {
          var damaged = bytes
          damaged[index] ^= mask
          let (ordered, indexed) = try both(damaged)
          if ordered.failure == nil {
            #expect(indexed == ordered, "\(name), byte \(index) ^ \(mask)")
          } else {
            let status = indexed.failure?.status
            #expect(
              status == .invalidInput || status == .limitExceeded,
              "\(name), byte \(index) ^ \(mask)")
          }
        }
      }
    }
  }

  @Test func framesOutOfOrderAreSeen() throws {
    let frames = split(try sampleStream())
    for order in [
      [0, 2, 1, 3, 4, 5], [0, 1, 3, 4, 5], [0, 1, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [5],
      [0, 1, 2, 3, 4], [0, 0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5, 5], [0, 1, 2, 3, 4, 5, 1],
    ] {
      let (ordered, indexed) = try both(Array(order.map { frames[$0] }.joined()))
      #expect(ordered.failure != nil)
      #expect(indexed.failure == ordered.failure, "\(order)")
    }
  }

  @Test func whatFollowsTheEndIsSeen() throws {
    let bytes = try sampleStream()
    var header = sampleHeader
    header.model = "sha256:0"
    let sink = MemorySink()
    try TensorStreamWriter(sink, header: header).finish()
    let text = Array("{}\n".utf8)
    for (stream, rest) in [
      (bytes, sink.bytes), (bytes, text), (bytes, [0]), (bytes, decompressed(bytes)),
      (decompressed(bytes), decompressed(sink.bytes)), (decompressed(bytes), text),
      (decompressed(bytes), [UInt8](repeating: 0, count: 100)), (decompressed(bytes), bytes),
    ] {
      let (ordered, indexed) = try both(stream + rest)
      #expect(ordered.failure != nil)
      #expect(indexed.failure == ordered.failure)
    }
  }

  @Test func theEndRecordIsHeldToItsWord() throws {
    let frames = split(try sampleStream())
    let end = String(decoding: decompressed(frames[5]).dropFirst(8), as: UTF8.self)
    for (said, lie) in [
      (#""ts.records":"4""#, #""ts.records":"5""#), (#""ts.skipped":"1""#, #""ts.skipped":"0""#),
      (#""ts.bytes":"1"#, #""ts.bytes":"2"#),
    ] {
      let lying = frame(record(end.replacing(said, with: lie)))
      let (ordered, indexed) = try both(Array(frames[..<5].joined()) + lying)
      #expect(ordered.failure?.code == "stream/count", "\(lie)")
      #expect(indexed.failure == ordered.failure)
    }
    // Without frames nothing but the hash tells of a damaged tensor.
    let records = frames.map { decompressed($0) }
    var damaged = Array(records.joined())
    damaged[records[0].count + records[1].count - 1] ^= 1
    let (ordered, indexed) = try both(damaged)
    #expect(ordered.failure?.code == "stream/hash")
    #expect(indexed.failure == ordered.failure)
  }

  @Test func aFrameThatLiesAboutItsContentIsSeen() throws {
    // Larger than what the walk decompresses of it.
    let bytes = (0..<320_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) }
    let features = try bytes.withUnsafeBytes { try Tensor(.bf16, shape: [40_000, 4], copying: $0) }
    let sink = MemorySink()
    let writer = try TensorStreamWriter(sink, header: sampleHeader)
    for index in 0..<2 {
      let rows = try Tensor([Int32(40_000)], shape: [1])
      try writer.write(
        id: "\(index)", json: nil, tensors: [("image_rows", rows), ("features", features)])
    }
    try writer.finish()
    let frames = split(sink.bytes)
    let whole = decompressed(frames[1])
    // The four bytes at 5 say how much there is: the record's size is claimed, more comes.
    var lying = frame(whole + [0])
    #expect(lying[4] >> 6 == 2 && lying[4] & 0x20 != 0)
    let said = lying[5..<9].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(said == whole.count + 1)
    for place in 0..<4 { lying[5 + place] = UInt8(truncatingIfNeeded: whole.count >> (8 * place)) }
    let path = try directory.write(frames[0] + lying + Array(frames[2...].joined()), to: "stream")
    let index = try TensorStreamIndex(path: path)
    let failure = #expect(throws: Failure.self) { try index.record(at: 0) }
    #expect(failure?.code.hasPrefix("frame/") == true)
    #expect(failure?.place == "\(path): record 1")
    #expect(try index.record(at: 1).sequence == 2)
  }

  @Test func mutationsBehindTheChecksumAreJudgedAlike() throws {
    var generator = SeededGenerator(seed: 14)
    let records = split(try sampleStream(records: 2, hash: false)).map { decompressed($0) }
    var refused = 0
    let rounds = amount(200, soak: 50_000)
    for _ in 0..<rounds {
      var records = records
      let place = Int.random(in: 0..<records.count, using: &generator)
      let index = Int.random(in: 0..<records[place].count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: records[place][index] = UInt8.random(in: 0...255, using: &generator)
      case 1: records[place].remove(at: index)
      default:
        records[place].insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: index)
      }
      let (ordered, indexed) = try both(Array(records.map { frame($0) }.joined()))
      if indexed.failure == nil {
        #expect(indexed == ordered)
      } else {
        refused += 1
        #expect(ordered.failure != nil)
      }
    }
    #expect(refused > rounds / 3)
  }
}
