// Blocks of 32 against the bytes of the gguf package, which are llama.cpp's.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Quantisation
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct GoldenBlockTests {
  /// The bytes of the tensor called `name` in `Tests/Golden/quantisation`.
  private func golden(_ name: String) throws -> [UInt8] {
    let bytes = try readWholeFile(
      "\(packageRoot)/Tests/Golden/quantisation/blocks.safetensors", limit: 1 << 20)
    return try bytes.withUnsafeBytes { bytes in
      let (header, start) = try SafetensorsHeader.parse(file: bytes)
      let entry = try #require(header.entries.first { $0.name == name })
      return Array(bytes[start + entry.byteRange.lowerBound..<start + entry.byteRange.upperBound])
    }
  }

  private func inputs() throws -> [Float] {
    let bytes = try golden("input")
    return bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
      }
    }
  }

  @Test(arguments: [WeightFormat.q40, .q41, .q50, .q51, .q80])
  func bytesAreThoseOfLlamaCpp(format: WeightFormat) throws {
    let rows = try inputs()
    let expected = try golden(format.name)
    let found = try encoded(matrix(rows, columns: 32), format)
    #expect(found.count == expected.count && rows.count / 32 > 40)
    for block in 0..<rows.count / 32 {
      let range = block * format.blockBytes..<(block + 1) * format.blockBytes
      #expect(
        found[range] == expected[range], "block \(block) of \(rows[block * 32..<block * 32 + 32])")
    }
    // Blocks stand alone, however many there are in a row.
    #expect(
      try encoded(matrix(Array(rows.prefix(40 * 32)), columns: 640), format)
        == Array(expected.prefix(40 * format.blockBytes)))
  }

  /// -0 counts as no magnitude: the scale is 0 / -8 as that of zeros.
  @Test func negativeZerosAreZeros() throws {
    let zeros = try encoded(matrix([Float](repeating: 0, count: 32), columns: 32), .q40)
    #expect(zeros == [0, 0x80] + [UInt8](repeating: 0x88, count: 16))
    #expect(try encoded(matrix([Float](repeating: -0.0, count: 32), columns: 32), .q40) == zeros)
  }
}
