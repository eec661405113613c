// Damaged, cut and lying files of the further formats: a failure with a code, never a crash.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput
import TestSupport
import Testing

@testable import SandboxedImages

struct RefusalTests {
  /// Those of libraries that this machine has.
  private static let rows = Golden.table("refused.tsv").filter { row in
    guard let format = formats[String(row[0].split(separator: ".").last ?? "")] else {
      return false
    }
    return Golden.has(format)
  }
  private static let formats: [String: SandboxedFormat] = [
    "webp": .webp, "gif": .gif, "bmp": .bmp, "tif": .tiff, "avif": .avif, "heic": .heif,
  ]

  @Test func refusedWithTheRightCode() throws {
    try #require(Self.rows.count >= 13)
    for row in Self.rows {
      let failure = #expect(throws: Failure.self, "\(row)") {
        try Golden.decode(Golden.bytes(row[0]))
      }
      #expect(failure?.code == row[1], "\(row[0]): \(failure?.message ?? "")")
      #expect(failure?.spoilsRecordOnly == true)
      #expect(failure?.remedy?.contains("--truncated") != true, "such files are not filled up")
    }
  }

  /// GIF and BMP are decoded in a safe language: in this process at every length.
  @Test(arguments: [
    "palette.gif", "interlaced.gif", "part-transparent.gif", "rle8.bmp", "rle4.bmp",
  ])
  func cutAtEveryLength(name: String) throws {
    let bytes = try Golden.bytes(name)
    for count in 0..<bytes.count {
      survives(Array(bytes.prefix(count)), "\(name), \(count) bytes")
    }
    #expect(throws: Failure.self) { try Golden.decode(Array(bytes.prefix(bytes.count / 2))) }
  }

  @Test(
    arguments: [
      "palette.gif", "interlaced.gif", "part.gif", "4-bit.bmp", "rle8.bmp", "rle4.bmp", "os2.bmp",
      "16-bit-565.bmp",
    ])
  func oneByteChanged(name: String) throws {
    let bytes = try Golden.bytes(name)
    for index in bytes.indices {
      for change: UInt8 in [1, 0x80, 0xFF] {
        var changed = bytes
        changed[index] ^= change
        survives(changed, "\(name), byte \(index)")
      }
    }
  }

  /// The outlines of the other formats are read in the tool's own process.
  @Test(
    arguments: [
      "animation-part.webp", "orientation-6.webp", "lossless.webp", "big.tif", "tiles.tif",
      "orientation-6.tif", "orientation-7.avif", "animation.avif", "alpha.heic",
    ])
  func outlinesSurviveAnyChange(name: String) throws {
    let bytes = try Golden.bytes(name)
    for count in 0..<bytes.count { outlines(Array(bytes.prefix(count))) }
    for index in bytes.indices {
      for change: UInt8 in [1, 0x80, 0xFF] {
        var changed = bytes
        changed[index] ^= change
        outlines(changed)
      }
    }
    #expect(throws: Never.self) { try ImageFile(bytes, options: DecodeOptions()) }
  }

  private func outlines(_ bytes: [UInt8]) {
    do throws(Failure) {
      let file = try ImageFile(bytes, options: DecodeOptions())
      #expect(file.workingBytes > 0)
    } catch {
      #expect(error.code.hasPrefix("image/"))
    }
  }

  private func survives(_ bytes: [UInt8], _ what: String) {
    var options = DecodeOptions()
    options.maxPixels = 100_000
    do throws(Failure) {
      let image = try Golden.decode(bytes, options)
      #expect(image.width * image.height <= options.maxPixels, "\(what)")
    } catch {
      #expect(error.code.hasPrefix("image/"), "\(what)")
    }
  }

  @Test(arguments: [SandboxedFormat.webp, .tiff, .avif, .heif])
  func aMissingLibraryIsNamed(format: SandboxedFormat) throws {
    let names: [SandboxedFormat: (file: String, package: String)] = [
      .webp: ("lossy.webp", "libwebp7"), .tiff: ("lzw.tif", "libtiff6"),
      .avif: ("420.avif", "libavif16"), .heif: ("420.heic", "libheif1"),
    ]
    let (name, package) = try #require(names[format])
    let file = try ImageFile(Golden.bytes(name), options: DecodeOptions())
    let failure = #expect(throws: Failure.self) {
      _ = try SandboxedDecoder(for: file, files: ["libnone-such.so.3"])
    }
    #expect(failure?.code == "image/no-library")
    #expect(failure?.message.contains("libnone-such.so.3") == true)
    #expect(failure?.message.contains(format.rawValue) == true)
    #expect(failure?.remedy?.contains(package) == true)
    #expect(failure?.spoilsRecordOnly == true)
  }

  @Test func aLibraryWithoutItsFunctionsIsNotUsed() throws {
    let file = try ImageFile(Golden.bytes("lossy.webp"), options: DecodeOptions())
    let failure = #expect(throws: Failure.self) {
      _ = try SandboxedDecoder(for: file, files: ["libc.so.6"])
    }
    #expect(failure?.message.contains("WebPGetInfo") == true)
  }
}
