// The limits of image decoding: each can be met, and each holds.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput
import Testing

@Suite("Image limits")
struct LimitTests {
  static func code(_ bytes: [UInt8], _ options: DecodeOptions = DecodeOptions()) -> String? {
    do throws(Failure) {
      _ = try ImageDecoder.decode(bytes, options: options)
      return nil
    } catch {
      return error.code
    }
  }

  /// A sound JPEG with more segments put in after its start.
  static func jpeg(adding segments: [UInt8]) throws -> [UInt8] {
    let bytes = try Golden.bytes("baseline-420.jpg")
    return Array(bytes.prefix(2)) + segments + bytes.dropFirst(2)
  }

  /// A sound PNG with a chunk, whose checksum is not right, put in after its header many times.
  static func png(adding count: Int, _ kind: String, _ body: [UInt8] = []) throws -> [UInt8] {
    let bytes = try Golden.bytes("rgb-8.png")
    let chunk = Golden.bigEndian(UInt32(body.count)) + Array(kind.utf8) + body + [0, 0, 0, 0]
    let chunks = [[UInt8]](repeating: chunk, count: count).flatMap { $0 }
    return Array(bytes.prefix(33)) + chunks + bytes.dropFirst(33)
  }

  @Test("pixels")
  func pixels() throws {
    var options = DecodeOptions()
    options.maxPixels = 45 * 35
    #expect(Self.code(try Golden.bytes("baseline-420.jpg"), options) == nil)
    options.maxPixels -= 1
    #expect(Self.code(try Golden.bytes("baseline-420.jpg"), options) == "image/too-large")
  }

  @Test("a too large image names the flag that raises the limit")
  func remedy() throws {
    let bytes = try Golden.bytes("bomb.jpg")
    let failure = #expect(throws: Failure.self) { try ImageDecoder.decode(bytes) }
    #expect(failure?.remedy?.contains("--max-pixels") == true)
  }

  @Test("side")
  func side() throws {
    var options = DecodeOptions()
    options.maxSide = 200
    #expect(Self.code(try Golden.bytes("wide.png"), options) == nil)
    options.maxSide = 199
    #expect(Self.code(try Golden.bytes("wide.png"), options) == "image/too-large")
    #expect(Self.code(try Golden.bytes("tall.png"), options) == "image/too-large")
  }

  @Test("aspect; beyond the default an image still works when allowed")
  func aspect() throws {
    var options = DecodeOptions()
    options.maxAspect = 200
    #expect(Self.code(try Golden.bytes("wide.png"), options) == nil)
    options.maxAspect = 199
    #expect(Self.code(try Golden.bytes("wide.png"), options) == "image/too-large")
    options.maxAspect = 20_000
    #expect(Self.code(try Golden.bytes("20000x1.png"), options) == nil)
    #expect(Self.code(try Golden.bytes("1x20000.png"), options) == nil)
  }

  @Test("scans, in the outline and in all")
  func scans() throws {
    let bytes = try Golden.bytes("many-scans.jpg")
    var options = DecodeOptions()
    options.maxScans = 190
    #expect(Self.code(bytes, options) == nil)
    options.maxScans = 189
    #expect(Self.code(bytes, options) == "image/too-complex")
    options.maxScans = 190
    options.maxWork = 190 * 64 - 1
    #expect(Self.code(bytes, options) == "image/too-complex")
    options.maxWork = 190 * 64
    #expect(Self.code(bytes, options) == nil)
  }

  @Test("marker segments")
  func segments() throws {
    let comment: [UInt8] = [0xFF, 0xFE, 0, 2]
    let some = [[UInt8]](repeating: comment, count: 9_900).flatMap { $0 }
    #expect(Self.code(try Self.jpeg(adding: some)) == nil)
    let many = [[UInt8]](repeating: comment, count: 10_001).flatMap { $0 }
    #expect(Self.code(try Self.jpeg(adding: many)) == "image/too-complex")
  }

  @Test("metadata of JPEG and PNG")
  func metadata() throws {
    var options = DecodeOptions()
    options.maxMetadata = 5_000
    let segment: [UInt8] = [0xFF, 0xE2] + Golden.bigEndian(UInt16(4_002))
    let body = [UInt8](repeating: 7, count: 4_000)
    #expect(Self.code(try Self.jpeg(adding: segment + body), options) == nil)
    let twice = segment + body + segment + body
    #expect(Self.code(try Self.jpeg(adding: twice), options) == "image/too-complex")
    options.isLenient = true
    #expect(Self.code(try Self.png(adding: 1, "teXt", body), options) == nil)
    #expect(Self.code(try Self.png(adding: 2, "teXt", body), options) == "image/too-complex")
  }

  @Test("chunks")
  func chunks() throws {
    var options = DecodeOptions()
    options.isLenient = true
    #expect(Self.code(try Self.png(adding: 9_999, "teXt"), options) == nil)
    #expect(Self.code(try Self.png(adding: 10_001, "teXt"), options) == "image/too-complex")
  }

  @Test("an orientation that makes no sense turns nothing")
  func senselessOrientation() throws {
    var bytes = try Golden.bytes("orientation-5.jpg")
    var options = DecodeOptions()
    options.appliesExif = false
    let plain = try ImageDecoder.decode(bytes, options: options).pixels.bytes
    options.appliesExif = true
    let tag: [UInt8] = [0x01, 0x12, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x05]
    let entry = bytes.indices.first { bytes[$0...].starts(with: tag) }
    let value = try #require(entry) + 9
    for orientation: UInt8 in [0, 9, 255] {
      bytes[value] = orientation
      #expect(try ImageDecoder.decode(bytes, options: options).pixels.bytes == plain)
    }
  }

  @Test(
    "formats by their first bytes",
    arguments: [
      ("%PDF-1.7", "PDF"), ("qoif....", "QOI"), ("\0\0\0\u{18}ftypmp42\0\0\0\0isommp42", "a video"),
      ("{\"a\":1}", "JSON"), ("P7\n", "PAM"), ("PF\n1 1", "PFM"),
      ("version https://git-lfs.example/spec", "Git LFS"), ("hello world", "not a known"),
      ("P", "not a known"), ("P6", "not a known"), ("\0\0\0", "blank"),
    ])
  func formats(text: String, name: String) throws {
    let failure = #expect(throws: Failure.self) { try ImageDecoder.decode(Array(text.utf8)) }
    #expect(failure?.code == "image/unsupported")
    #expect(failure?.message.contains(name) == true, "\(failure?.message ?? "")")
  }
}
