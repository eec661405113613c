// Lines in any order are those that the reader in order gives.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import TestSupport
import Testing

/// What was read: each line as text, and the failure of the whole.
private struct Lines: Equatable {
  var lines: [String] = []
  var failure: Failure?
}

private func describe(_ line: ObjectLine) -> String {
  switch line.result {
  case .success(let object):
    "\(line.number) \(line.place) \(JSONValue.object(object).serializedString)"
  case .failure(let failure): "\(line.number) \(line.place) \(failure)"
  }
}

@Suite struct ObjectIndexTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// What both readers give; the index's lines are asked for from the last to the first.
  private func both(_ bytes: [UInt8], requireEnd: Bool = false, lineBytes: Int = 1000) throws -> (
    ordered: Lines, indexed: Lines
  ) {
    let path = try directory.write(bytes, to: "lines")
    var limits = StreamLimits()
    limits.lineBytes = lineBytes
    var (ordered, indexed) = (Lines(), Lines())
    do throws(Failure) {
      let reader = try openObjects(
        try FileSource(path: path), limits: limits, requireEnd: requireEnd,
        refusesEmptyInput: true)
      while let line = try reader.next() { ordered.lines.append(describe(line)) }
    } catch {
      ordered.failure = error
    }
    do throws(Failure) {
      var seen: [String] = []
      let index = try ObjectIndex(
        path: path, limits: limits, requireEnd: requireEnd,
        visit: { (ordinal, line) throws(Failure) in
          #expect(ordinal == seen.count)
          seen.append(describe(line))
        })
      for ordinal in (0..<index.count).reversed() {
        indexed.lines.insert(describe(try index.line(at: ordinal)), at: 0)
      }
      #expect(seen == indexed.lines)
    } catch {
      indexed.failure = error
    }
    return (ordered, indexed)
  }

  /// Compressed lines with these ids, and a skip.
  private func compressed(_ ids: [String]) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try JSONLWriter(sink, level: 1)
    for id in ids { try writer.write(["id": .string(id), "n": .int(1)]) }
    try writer.skip(["id": .string("x")], SkipMark(code: "a/b", message: "c"))
    try writer.finish()
    return sink.bytes
  }

  @Test func everyLayoutGivesTheSameLines() throws {
    let framed = try compressed(["a", "b"])
    let text = Array("{\"id\":\"a\"}\n\n  {\"b\": 1.50}\r\n\t\n[1]\n{\"c\":\n{\"d\":\"\0\"}".utf8)
    let long = Array("{\"a\":\"\(String(repeating: "x", count: 2000))\"}\n{}\n".utf8)
    let layouts: [(name: String, bytes: [UInt8])] = [
      ("plain", text), ("ended", text + [0x0A]), ("mark", [0xEF, 0xBB, 0xBF] + text),
      ("blank before", Array("\n \n".utf8) + text), ("long", long), ("frames", framed),
      ("two", framed + framed), ("foreign mark", framed + skippable([1], kind: 0x5D)),
      ("no marks", frame(Array("{}\n".utf8)) + frame(Array("\n".utf8)) + frame(Array("{".utf8))),
      ("empty frames", frame([]) + framed + frame([])),
      ("framed long", frame(Array(long.dropLast(3))) + frame(Array("{}\n".utf8))),
      ("framed mark", frame([0xEF, 0xBB, 0xBF] + Array("{}\n".utf8)) + frame(Array("{}".utf8))),
      ("late mark", Array("{}\n\u{FEFF}{}\n".utf8)),
      ("late framed mark", frame(Array("{}\n".utf8)) + frame(Array("\u{FEFF}{}\n".utf8))),
      ("only blanks", Array(" \n\n".utf8)),
    ]
    for (name, bytes) in layouts {
      let (ordered, indexed) = try both(bytes)
      #expect(ordered.failure == nil, "\(name)")
      #expect(indexed == ordered, "\(name)")
    }
  }

  @Test func kindsAndCountsAreKept() throws {
    let path = try directory.write(try compressed(["a"]), to: "lines")
    let index = try ObjectIndex(path: path, requireEnd: true)
    #expect(index.count == 2 && index.skippedCount == 1)
    #expect(!index.isSkip(at: 0) && index.isSkip(at: 1))
    let text = try directory.write("{\"id\":\"a\"}\n\nbad\n", to: "text")
    let plain = try ObjectIndex(path: text)
    #expect(plain.count == 2 && plain.isSkip(at: 1))
    let same = try directory.write(
      frame(Array("{\"id\":\"a\"}\n".utf8)) + frame([0x62, 0x61, 0x64]), to: "same")
    #expect(try ObjectIndex(path: same).digest == plain.digest)
    #expect(index.digest != plain.digest)
  }

  @Test func everyCutAndFlipIsJudgedAsInOrder() throws {
    let bytes = try compressed(["a", "b"])
    for count in 0..<bytes.count {
      let (ordered, indexed) = try both(Array(bytes[..<count]))
      #expect(ordered.failure != nil, "cut at \(count)")
      #expect(indexed.failure == ordered.failure, "cut at \(count)")
    }
    for index in bytes.indices {
      for mask: UInt8 in [0x01, 0x80] {
        var damaged = bytes
        damaged[index] ^= mask
        let (ordered, indexed) = try both(damaged)
        #expect((indexed.failure == nil) == (ordered.failure == nil), "\(index) ^ \(mask)")
        if ordered.failure == nil { #expect(indexed == ordered, "\(index) ^ \(mask)") }
      }
    }
  }

  @Test func endsAreDemanded() throws {
    let plain = Array("{}\n{}\n".utf8)
    for bytes in [plain, frame(Array("{}\n".utf8))] {
      let (ordered, indexed) = try both(bytes, requireEnd: true)
      #expect(ordered.failure?.code == "jsonl/no-end")
      #expect(indexed.failure == ordered.failure)
    }
  }

  @Test func whatCannotBeIndexedIsRefused() throws {
    let lines = Array("{}\n{}\n".utf8)
    let cases: [(bytes: [UInt8], code: String)] = [
      ([], "stream/empty"), (Array("[{}]".utf8), "jsonl/not-lines"),
      (Array("a.jpg\n".utf8), "jsonl/not-lines"), (frame(lines), "jsonl/shared-frame"),
      (frame([0x7B]) + frame([0x7D, 0x0A]), "jsonl/shared-frame"),
      (frame(lines + [0x7B]), "jsonl/shared-frame"), (try sampleStream(), "text/binary"),
      ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "text/binary"),
    ]
    for (bytes, code) in cases {
      #expect(try both(bytes).indexed.failure?.code == code, "\(code)")
    }
    #expect(try both(lines).indexed.failure == nil)
  }

  @Test func aFileThatChangesIsNoticed() throws {
    let path = try directory.write("{\"a\":1}\n{\"a\":2}\n", to: "lines")
    let index = try ObjectIndex(path: path)
    _ = try Shell.bash("cat > '\(path)'", input: Array("{\"a\":1}\n{\"a\":3}\n".utf8))
    let failure = #expect(throws: Failure.self) { try index.line(at: 1) }
    #expect(failure?.code == "file/changed" && failure?.place == "\(path): line 2")
  }

  @Test func eitherKindIsOpenedByItsFirstBytes() throws {
    let tensors = try directory.write(try sampleStream(), to: "tensors")
    let lines = try directory.write("{\"a\":1}\n", to: "lines")
    var kinds: [String] = []
    let indices = try [tensors, lines].map { path in
      try RecordIndex(
        path: path,
        visit: { (ordinal, record) throws(Failure) in
          switch record {
          case .tensors(let summary): kinds.append("tensors \(ordinal) \(summary.id)")
          case .object(let line): kinds.append("object \(ordinal) \(line.number)")
          }
        })
    }
    #expect(indices.map(\.count) == [4, 1] && indices.map(\.skippedCount) == [1, 0])
    #expect(indices.map(\.name) == [tensors, lines])
    #expect(indices[0].isSkip(at: 1) && !indices[1].isSkip(at: 0))
    #expect(kinds.count == 5 && kinds[0] == "tensors 0 photo 0.jpg" && kinds[4] == "object 0 1")
    #expect(indices[0].digest != indices[1].digest)
    let empty = try directory.write("", to: "empty")
    let failure = #expect(throws: Failure.self) { try RecordIndex(path: empty) }
    #expect(failure?.code == "stream/empty")
    let unchecked = try directory.write(frame(Array("{}".utf8), checksum: false), to: "unchecked")
    var warnings: [String] = []
    _ = try RecordIndex(path: unchecked, warn: { warnings.append($0) })
    #expect(warnings.count == 1)
  }
}
