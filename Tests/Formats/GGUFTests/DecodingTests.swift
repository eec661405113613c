// Blocks of every format against what the gguf package decodes of them.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import Safetensors
import Tensors
import TestSupport
import Testing

/// The golden files of `Tests/Golden/gguf`.
enum Golden {
  static let directory = "\(packageRoot)/Tests/Golden/gguf"
  static let names = [
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K",
  ]

  static func blocks() throws -> GGUFFile { try GGUFFile(path: "\(directory)/blocks.gguf") }

  /// The values of the tensor called `name` in expected.safetensors.
  static func expected(_ name: String) throws -> [Float] {
    let bytes = try readWholeFile("\(directory)/expected.safetensors", limit: 1 << 20)
    return try bytes.withUnsafeBytes { bytes in
      let (header, start) = try SafetensorsHeader.parse(file: bytes)
      let entry = try #require(header.entries.first { $0.name == name })
      return stride(from: entry.byteRange.lowerBound, to: entry.byteRange.upperBound, by: 4).map {
        bytes.loadUnaligned(fromByteOffset: start + $0, as: Float.self)
      }
    }
  }
}

@Suite struct DecodingTests {
  @Test func everyFormatIsCovered() {
    #expect(WeightFormat.all.map(\.name).sorted() == Golden.names.sorted())
  }

  @Test(arguments: Golden.names) func valuesAreEqual(name: String) throws {
    let file = try Golden.blocks()
    let tensor = try #require(file.tensors.first { $0.name == name })
    #expect(tensor.format.name == name)
    #expect(tensor.shape == [2, 256])
    let weight = try #require(file.weight(tensor))
    let found = try weight.decoded().floatValues
    let expected = try Golden.expected(name)
    #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
    // Random blocks that decode to nothing would prove nothing.
    #expect(Set(found).count > 50)
  }

  /// Rows of llama.cpp's order: stored row `2 i + half` is row `i` of that half.
  @Test func rowsComeBackInTheirOrder() throws {
    let file = try Golden.blocks()
    let tensor = try #require(file.tensors.first { $0.name == "Q6_K" })
    let plain = try #require(file.weight(tensor)).decoded().floatValues
    let order = RowOrder(pairsOfHeads: 2)
    #expect(try #require(file.weight(tensor, rowOrder: order)).decoded().floatValues == plain)
    let wide = RowOrder(pairsOfHeads: 6)
    #expect((0..<12).map(wide.row) == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
    #expect((0..<12).map { wide.row(ofStored: wide.stored(ofRow: $0)) } == Array(0..<12))
    // Half a head is no head.
    #expect(file.weight(tensor, rowOrder: RowOrder(pairsOfHeads: 4)) == nil)
  }

  @Test func metadataIsTyped() throws {
    let file = try Golden.blocks()
    #expect(file.version == 3)
    #expect(file["general.architecture"]?.text == "test")
    #expect(file["test.texts"]?.texts == ["a", "", "ä"])
    #expect(file["test.texts"]?.text == nil)
    #expect(file["test.numbers"]?.integers == [-1, 0, 7])
    #expect(file["test.numbers"]?.integer == nil)
    #expect(file["test.float"]?.numbers == [Double(Float(0.1))])
    #expect(file["test.flag"]?.flag == true)
    #expect(file["test.flag"]?.integer == nil)
    #expect(file["test.absent"] == nil)
  }

  /// Plain elements are views of the mapping; in another order of rows they are copies in the same
  /// type, and blocks are decoded, both with the rows put in order.
  @Test(arguments: Golden.names) func valuesStandAlone(name: String) throws {
    let file = try Golden.blocks()
    let tensor = try #require(file.tensors.first { $0.name == name })
    let plain = try file.values(tensor)
    #expect(plain.elementType.rawValue == (tensor.format.isQuantised ? "F32" : name))
    #expect(plain.shape == tensor.shape)
    #expect(try plain.widened().floatValues == Golden.expected(name))
    let isView = plain.withUnsafeBytes { bytes in
      UnsafeRawBufferPointer(rebasing: file.file.bytes[tensor.byteRange]).baseAddress
        == bytes.baseAddress
    }
    #expect(isView != tensor.format.isQuantised)
    let ordered = try file.values(tensor, rowOrder: RowOrder(pairsOfHeads: 2))
    #expect(try ordered.widened().floatValues == Golden.expected(name))
  }
}
