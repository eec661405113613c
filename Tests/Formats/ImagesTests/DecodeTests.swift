// Decoded pixels equal Pillow's, byte for byte.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput
import Tensors
import Testing

@Suite("Decoding")
struct DecodeTests {
  @Test("the golden tables are there and cover every class")
  func tablesAreWhole() {
    #expect(Golden.table("decoded.tsv").count >= 100)
    #expect(Golden.table("preprocessed.tsv").count >= 100)
    #expect(Golden.table("refused.tsv").count >= 35)
  }

  @Test("equals Pillow", arguments: Golden.table("decoded.tsv"))
  func equalsPillow(row: [String]) throws {
    try #require(row.count == 5)
    let image = try ImageDecoder.decode(Golden.bytes(row[0]), options: Golden.options(row[1]))
    #expect([String(image.width), String(image.height)] == [row[2], row[3]])
    #expect(Golden.sum(image.pixels) == row[4], "\(row[0]) \(row[1])")
  }

  @Test(
    "tells whether the file was the image and nothing else",
    arguments: [
      ("baseline-420.jpg", "", true), ("trailing.jpg", "", false), ("metadata.png", "", false),
      ("cut.jpg", "p", false), ("grey-16.png", "", true), ("raw-1000.pgm", "", true),
      ("orientation-6.jpg", "e", true), ("wrong-restart.jpg", "l", false),
    ])
  func wholeFile(name: String, flags: String, isWhole: Bool) throws {
    let image = try ImageDecoder.decode(Golden.bytes(name), options: Golden.options(flags))
    #expect(image.isWholeFile == isWhole)
  }

  @Test("a cut PNG or PNM is filled up with black when asked")
  func padsCutFiles() throws {
    let png = try Golden.bytes("rgb-8.png")
    let whole = try ImageDecoder.decode(png).pixels.bytes
    let padded = try ImageDecoder.decode(
      Array(png.prefix(png.count * 2 / 3)), options: Golden.options("p"))
    #expect(!padded.isWholeFile)
    let row = 19 * 3
    let begins = padded.pixels.bytes.prefix(4 * row) == whole.prefix(4 * row)
    #expect(begins)
    #expect(padded.pixels.bytes.suffix(row).allSatisfy { $0 == 0 })

    let ppm = Array("P6 2 1 255\nabcd".utf8)
    #expect(
      try ImageDecoder.decode(ppm, options: Golden.options("p")).pixels.bytes
        == Array("abcd\0\0".utf8))
  }

  @Test("a PNM may have comments, any white space, and bytes after its end")
  func pnmSyntax() throws {
    let plain = Array("P3\r\n#a\n 1#b\n\t1 255#c\n  1 2 #d\n 3 # the end".utf8)
    #expect(try ImageDecoder.decode(plain).pixels.bytes == [1, 2, 3])
    let two = try ImageDecoder.decode(Array("P5 1 1 255\n?P5 1 1 255\n!".utf8))
    #expect(two.pixels.bytes == [63, 63, 63])
    #expect(!two.isWholeFile)
  }

  @Test("turning eight ways", arguments: 1...8)
  func orientations(orientation: Int) throws {
    // 0 1 2
    // 3 4 5
    let values = (0..<6).flatMap { [UInt8($0), UInt8($0 * 2), UInt8($0 * 3)] }
    let tensor = try values.withUnsafeBytes { try Tensor(.u8, shape: [2, 3, 3], copying: $0) }
    let expected: [[UInt8]] = [
      [0, 1, 2, 3, 4, 5], [2, 1, 0, 5, 4, 3], [5, 4, 3, 2, 1, 0], [3, 4, 5, 0, 1, 2],
      [0, 3, 1, 4, 2, 5], [3, 0, 4, 1, 5, 2], [5, 2, 4, 1, 3, 0], [2, 5, 1, 4, 0, 3],
    ]
    let turned = try RGBImage(pixels: tensor).turned(to: orientation)
    #expect(turned.pixels.shape == (orientation < 5 ? [2, 3, 3] : [3, 2, 3]))
    let reds = stride(from: 0, to: 18, by: 3).map { turned.pixels.bytes[$0] }
    #expect(reds == expected[orientation - 1])
  }
}
