// Event files: checksums, the bytes of records, and names that stand in order.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import TensorBoard

@Suite struct TensorBoardTests {
  /// RFC 3720, appendix B.4, and the check value of the catalogues.
  @Test func checksumsAreThePublishedOnes() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(Array(UInt8(0)..<32)) == 0x46DD_794E)
    #expect(CRC32C.checksum(Array((UInt8(0)..<32).reversed())) == 0x113F_DB5C)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
    #expect(CRC32C.masked([]) == 0xA282_EAD8)
  }

  /// Lengths and messages by hand; masked checksums as TensorBoard's own writer computes them.
  @Test func recordsHaveTheirBytes() {
    let version = TensorBoardEvent(time: 1.5, step: 0, .fileVersion).record
    #expect(Array(version[0..<8]) == [24, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(version[8..<12]) == goldenVersion.length)
    #expect(
      Array(version[12..<36])
        == [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x1A, 13] + Array("brain.Event:2".utf8))
    #expect(Array(version[36...]) == goldenVersion.message)
    let scalars = TensorBoardEvent(time: 0, step: 300, .scalars([("a", 1), ("bc", -.infinity)]))
    #expect(
      Array(scalars.record.dropFirst(12).dropLast(4))
        == [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0xAC, 0x02, 0x2A, 21]
        + [0x0A, 8, 0x0A, 1, 0x61, 0x15, 0, 0, 0x80, 0x3F]
        + [0x0A, 9, 0x0A, 2, 0x62, 0x63, 0x15, 0, 0, 0x80, 0xFF])
    let start = TensorBoardEvent(time: 0, step: 7, .sessionStart).record
    #expect(
      Array(start.dropFirst(12).dropLast(4))
        == [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 7, 0x3A, 2, 0x08, 1])
    let negative = TensorBoardEvent(time: 0, step: -1, .scalars([])).record
    #expect(
      Array(negative.dropFirst(21).dropLast(4))
        == [0x10] + [UInt8](repeating: 0xFF, count: 9) + [1, 0x2A, 0])
  }

  private let goldenVersion: (length: [UInt8], message: [UInt8]) = (
    [0xA3, 0x7F, 0x4B, 0x22], [0x2A, 0x28, 0x64, 0x6C]
  )

  @Test func laterFilesStandBehindEarlierOnes() throws {
    let directory = try TemporaryDirectory()
    let run = directory.file("runs/a")
    var paths: [String] = []
    // The clock of another machine was ahead, and this one's says nothing.
    for time in [2e9, 5, .nan, -.infinity, 2e9] {
      let file = try TensorBoardFile(in: run, from: 3, time: time)
      try file.add(TensorBoardEvent(time: 1, step: 3, .scalars([("x", 1)])))
      paths.append(file.path)
    }
    #expect(paths.sorted() == paths && Set(paths).count == 5)
    #expect(try namesInDirectory(run, limit: 100).count == 5)
    let bytes = try directory.read("runs/a/" + splitPath(paths[0]).name)
    #expect(bytes.count(where: { $0 == UInt8(ascii: "x") }) == 1)
    #expect(bytes.count == 40 + 31 + 39)
  }

  @Test func whatCannotBeMadeIsSaid() throws {
    let directory = try TemporaryDirectory()
    try directory.write("text", to: "file")
    for path in ["file", "file/run", "a\0b"] {
      #expect(throws: Failure.self) {
        try TensorBoardFile(in: directory.file(path), from: 1, time: 1)
      }
    }
  }
}
