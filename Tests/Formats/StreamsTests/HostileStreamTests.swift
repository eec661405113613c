// Streams that are cut, damaged or lie: refused, and never taken for another stream.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import TestSupport
import Testing

/// A failure that a damaged input deserves.
private func isRefusal(_ failure: Failure?) -> Bool {
  failure?.status == .invalidInput || failure?.status == .limitExceeded
}

@Test(arguments: [0, 1])
func everyCutIsSeen(level: Int) throws {
  let bytes = try sampleStream(level: level)
  let whole = readStream(bytes)
  let plain = decompressed(bytes)
  for (name, bytes) in [("frames", bytes), ("plain", plain), ("one frame", frame(plain))] {
    for count in 0..<bytes.count {
      let result = readStream(Array(bytes[..<count]))
      #expect(isRefusal(result.failure), "\(name) cut at \(count)")
      #expect(whole.records.starts(with: result.records), "\(name) cut at \(count)")
    }
  }
}

@Test func everyFlippedByteIsSeenOrHarmless() throws {
  let bytes = try sampleStream(records: 2)
  let whole = readStream(bytes)
  for index in bytes.indices {
    for mask: UInt8 in [0x01, 0x80, 0xFF] {
      var damaged = bytes
      damaged[index] ^= mask
      let result = readStream(damaged)
      if result.failure == nil {
        #expect(result == whole, "byte \(index) ^ \(mask)")
      } else {
        #expect(isRefusal(result.failure), "byte \(index) ^ \(mask)")
        #expect(whole.records.starts(with: result.records), "byte \(index) ^ \(mask)")
      }
    }
  }
}

@Test func framesOutOfOrderAreSeen() throws {
  let frames = split(try sampleStream())
  #expect(frames.count == 6)
  func code(_ order: [Int]) -> String? {
    readStream(Array(order.map { frames[$0] }.joined())).failure?.code
  }
  #expect(code([0, 1, 2, 3, 4, 5]) == nil)
  #expect(code([0, 2, 1, 3, 4, 5]) == "stream/sequence")
  #expect(code([0, 1, 3, 4, 5]) == "stream/sequence")
  #expect(code([0, 1, 1, 2, 3, 4, 5]) == "stream/sequence")
  #expect(code([1, 2, 3, 4, 5]) == "stream/no-header")
  #expect(code([5]) == "stream/no-header")
  #expect(code([0, 1, 2, 3, 4]) == "stream/no-end")
  #expect(code([0, 0, 1, 2, 3, 4, 5]) == "stream/sequence")
}

@Test func bytesAfterTheEndAreSeen() throws {
  var generator = SeededGenerator(seed: 3)
  let bytes = try sampleStream()
  let plain = decompressed(bytes)
  for count in 1...64 {
    let garbage = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for stream in [bytes + garbage, plain + garbage] {
      let result = readStream(stream)
      #expect(isRefusal(result.failure), "\(garbage)")
      #expect(result.records.count == 4)
    }
  }
}

@Test func bombsStopAtTheLimits() throws {
  // A record that claims 1 TiB, and one that is really large but allowed less.
  let claims =
    #"{"__metadata__":{"ts.kind":"header"},"#
    + #""a":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}}"#
  #expect(readStream(frame(record(claims))).failure?.code == "stream/too-large")
  let large = #"{"a":{"dtype":"U8","shape":[4000000],"data_offsets":[0,4000000]}}"#
  var limits = StreamLimits()
  limits.recordBytes = 1 << 20
  let bomb = frame(record(large, data: [UInt8](repeating: 0, count: 4_000_000)))
  #expect(bomb.count < 10_000)
  #expect(readStream(MemorySource(bomb), limits: limits).failure?.code == "stream/too-large")
  // Claims 1 GiB and ends: memory is taken only for what comes.
  let lies = #"{"a":{"dtype":"U8","shape":[1000000000],"data_offsets":[0,1000000000]}}"#
  #expect(readStream(frame(record(lies))).failure?.code == "stream/cut")
  // A window of 128 MiB; a skippable frame of 4 GiB and one that is cut.
  let window: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x04, 17 << 3, 0, 0, 0, 0]
  #expect(readStream(window).failure?.code == "frame/window")
  #expect(readStream(window).failure?.status == .limitExceeded)
  #expect(readStream(skippable([], claim: .max)).failure?.code == "frame/skippable")
  #expect(readStream(skippable([1], claim: 1000)).failure?.code == "frame/cut")
  #expect(readStream([0x28, 0xB5, 0x2F, 0xFD, 0x0C, 0, 0, 0]).failure?.code == "frame/reserved")
  #expect(readStream([0x28, 0xB5, 0x2F, 0xFD, 0x05, 0, 9, 0]).failure?.code == "frame/dictionary")
  // A stream without an end that only ever skips.
  let idle = Array([[UInt8]](repeating: skippable([]) + frame([]), count: 1000).joined())
  #expect(readStream(idle).failure?.code == "stream/empty")
}

@Test func otherFormatsAreNamed() {
  let cases: [(String, String)] = [
    ("", "stream/empty"), (#"{"id":1,"image":"a"}"#, "not-a-stream"),
  ]
  for (text, code) in cases {
    #expect(readStream(Array(text.utf8)).failure?.code.hasSuffix(code) == true)
  }
  #expect(
    readStream(frame(Array(#"{"id":1,"image":"a"}"#.utf8))).failure?.message.contains("JSON")
      == true)
  #expect(readStream(Array("PK\u{3}\u{4}12345678".utf8)).failure?.message.contains("zip") == true)
}

@Test func missingChecksumsWarnOnceOrAreRefused() throws {
  let plain = decompressed(try sampleStream())
  let parts = [plain[..<500], plain[500...]].map { frame(Array($0), checksum: false) }
  var warnings: [String] = []
  let result = readStream(MemorySource(Array(parts.joined()))) { warnings.append($0) }
  #expect(result.failure == nil)
  #expect(warnings.count == 1)
  var strict = StreamLimits()
  strict.requireChecksums = true
  let refused = readStream(MemorySource(Array(parts.joined())), limits: strict)
  #expect(refused.failure?.code == "frame/no-checksum")
}

@Test func mutationsBehindTheChecksumNeverCrash() throws {
  // Changed inside, framed anew: the checksum is right and the rules alone must hold.
  var generator = SeededGenerator(seed: 4)
  let plain = decompressed(try sampleStream(records: 2))
  var refused = 0
  let rounds = amount(1000, soak: 100_000)
  for _ in 0..<rounds {
    var bytes = plain
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: index)
      default: bytes.swapAt(index, Int.random(in: 0..<bytes.count, using: &generator))
      }
    }
    let result = readStream(bytes)
    // The hash in the end record catches what the rules would allow.
    if result.failure != nil { refused += 1 }
    #expect(result.failure == nil || isRefusal(result.failure))
  }
  #expect(refused > rounds * 29 / 30)
}
