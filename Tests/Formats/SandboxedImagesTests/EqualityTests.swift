// Decoded pixels equal Pillow's: the same bytes, or within 2 where a format loses some.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput
import Testing

@testable import SandboxedImages

struct EqualityTests {
  @Test func everyFormatIsInTheTables() {
    for ending in [".webp", ".gif", ".bmp", ".tif", ".avif", ".heic"] {
      #expect(Golden.table("expected.tsv", ending).count >= 7, "\(ending)")
      #expect(Golden.table("refused.tsv", ending).count >= 2, "\(ending)")
    }
  }

  @Test(arguments: Golden.table("expected.tsv", ".gif") + Golden.table("expected.tsv", ".bmp"))
  func gifAndBMP(row: [String]) throws { try check(row) }

  @Test(
    .enabled(if: Golden.has(.webp), "libwebp7 is not installed"),
    arguments: Golden.table("expected.tsv", ".webp"))
  func webp(row: [String]) throws { try check(row) }

  @Test(
    .enabled(if: Golden.has(.tiff), "libtiff6 is not installed"),
    arguments: Golden.table("expected.tsv", ".tif"))
  func tiff(row: [String]) throws { try check(row) }

  @Test(
    .enabled(if: Golden.has(.avif), "libavif15 or libavif16 is not installed"),
    arguments: Golden.table("expected.tsv", ".avif"))
  func avif(row: [String]) throws { try check(row) }

  @Test(
    .enabled(if: Golden.has(.heif), "libheif1 is not installed"),
    arguments: Golden.table("expected.tsv", ".heic"))
  func heif(row: [String]) throws { try check(row) }

  private func check(_ row: [String]) throws {
    try #require(row.count == 6)
    var options = DecodeOptions()
    options.appliesExif = row[1] == "e"
    let image = try Golden.decode(Golden.bytes(row[0]), options)
    #expect([String(image.width), String(image.height)] == [row[2], row[3]])
    let expected = try Golden.bytes(row[4])
    let found = image.pixels.bytes
    try #require(found.count == expected.count)
    let most = zip(found, expected).map { abs(Int($0) - Int($1)) }.max()
    #expect(try #require(most) <= #require(Int(row[5])), "\(row)")
  }
}
