// Damaged, cut and lying files: a failure or an image, never a crash.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput
import TestSupport
import Testing

@Suite("Hostile images")
struct HostileTests {
  @Test("refused with the right code", arguments: Golden.table("refused.tsv"))
  func refuses(row: [String]) throws {
    let bytes = try Golden.bytes(row[0])
    let failure = #expect(throws: Failure.self) { try ImageDecoder.decode(bytes) }
    #expect(failure?.code == row[1], "\(row[0]): \(failure?.message ?? "")")
    let isLimit = ["image/too-large", "image/too-complex"].contains(row[1])
    #expect(failure?.status == (isLimit ? .limitExceeded : .invalidInput))
    #expect(failure?.message.isEmpty == false)
  }

  static let victims = [
    "baseline-420.jpg", "progressive-422.jpg", "restart.jpg", "arithmetic.jpg",
    "arithmetic-progressive.jpg", "cmyk.jpg", "ycck-progressive.jpg", "grey.jpg", "440.jpg",
    "orientation-5.jpg", "palette-4.png", "rgb-16-interlaced.png", "rgba-8.png", "grey-1.png",
    "metadata.png", "orientation-6.png", "plain.pbm", "raw.pbm", "plain-1000.ppm",
    "raw-65535.pgm", "raw-254.ppm",
  ]
  /// Those with an end mark and nothing after it.
  static let compressed = victims.filter {
    ($0.hasSuffix(".jpg") || $0.hasSuffix(".png")) && $0 != "metadata.png"
  }
  static let allFlags = ["", "l", "p", "lpe"]

  /// Decodes what must not crash; true when it is an image of a sensible size.
  @discardableResult
  static func survives(_ bytes: [UInt8], _ flags: String) -> Bool {
    var options = Golden.options(flags)
    options.maxPixels = 1_000_000
    do throws(Failure) {
      let image = try ImageDecoder.decode(bytes, options: options)
      #expect(image.pixels.count == image.width * image.height * 3)
      #expect(image.width * image.height <= options.maxPixels)
      return true
    } catch {
      #expect(error.code.hasPrefix("image/"))
      return false
    }
  }

  @Test("cut at hundredths", arguments: victims)
  func cuts(name: String) throws {
    let bytes = try Golden.bytes(name)
    for percent in stride(from: 0, to: 100, by: amount(7, soak: 1)) {
      let part = Array(bytes.prefix(bytes.count * percent / 100))
      for flags in Self.allFlags { Self.survives(part, flags) }
    }
  }

  @Test("no cut JPEG or PNG passes for whole", arguments: compressed)
  func cutsAreNoticed(name: String) throws {
    let bytes = try Golden.bytes(name)
    for count in stride(from: 1, to: bytes.count, by: amount(7, soak: 1)) {
      let failure = #expect(throws: Failure.self) {
        try ImageDecoder.decode(Array(bytes.prefix(count)))
      }
      #expect(
        ["image/truncated", "image/unsupported"].contains(failure?.code ?? ""), "\(count) bytes")
    }
  }

  @Test("one byte changed", arguments: victims)
  func flips(name: String) throws {
    let bytes = try Golden.bytes(name)
    var random = SeededGenerator(state: UInt64(bytes.count))
    for _ in 0..<amount(30, soak: 3000) {
      var changed = bytes
      let index = Int.random(in: 0..<changed.count, using: &random)
      changed[index] ^= UInt8.random(in: 1...255, using: &random)
      for flags in Self.allFlags { Self.survives(changed, flags) }
    }
  }

  @Test("no changed PNG passes for sound, wherever the change is")
  func pngFlipsAreNoticed() throws {
    let bytes = try Golden.bytes("rgb-8.png")
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1
      #expect(throws: Failure.self, "byte \(index)") { try ImageDecoder.decode(changed) }
    }
  }

  @Test("noise after the first bytes", arguments: 0..<amount(60, soak: 6000))
  func noise(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    let heads: [[UInt8]] = [
      [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], Array("P6 ".utf8),
      Array("P2\n".utf8), [],
    ]
    let tail = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
    for flags in Self.allFlags { Self.survives(heads[seed % heads.count] + tail, flags) }
  }
}
