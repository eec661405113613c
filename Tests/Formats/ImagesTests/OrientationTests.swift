// Which way up a photo is: every form of EXIF and XMP that Pillow reads, in JPEG and PNG.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput
import Testing

@Suite("Orientation")
struct OrientationTests {
  private static let exif = Array("Exif\0\0".utf8)
  private static let xmp = Array("http://ns.adobe.com/xap/1.0/\0".utf8)

  /// A TIFF structure with nothing but the orientation, as SHORT (3), LONG (4) or another type.
  private static func tiff(_ orientation: Int, type: UInt16 = 3, isLittle: Bool) -> [UInt8] {
    func ordered(_ bytes: [UInt8]) -> [UInt8] { isLittle ? bytes.reversed() : bytes }
    func number(_ value: UInt16) -> [UInt8] { ordered(Golden.bigEndian(value)) }
    func number(_ value: UInt32) -> [UInt8] { ordered(Golden.bigEndian(value)) }
    let value =
      type == 3
      ? number(UInt16(orientation)) + [0, 0]
      : type == 4 ? number(UInt32(orientation)) : [UInt8(orientation), 0, 0, 0]
    let header = Array((isLittle ? "II" : "MM").utf8) + number(UInt16(42)) + number(UInt32(8))
    let entry = number(UInt16(0x0112)) + number(type) + number(UInt32(1)) + value
    return header + number(UInt16(1)) + entry + number(UInt32(0))
  }

  private static func segment(_ body: [UInt8]) -> [UInt8] {
    [0xFF, 0xE1] + Golden.bigEndian(UInt16(body.count + 2)) + body
  }

  private static func chunk(_ kind: String, _ body: [UInt8]) -> [UInt8] {
    Golden.bigEndian(UInt32(body.count)) + Array(kind.utf8) + body + [0, 0, 0, 0]
  }

  /// How the file differs from the one as it lies, and as it stands.
  private static func isTurned(_ bytes: [UInt8], to orientation: Int) throws -> Bool {
    var options = DecodeOptions()
    // The chunks put in have no right checksum.
    options.isLenient = true
    let found = try ImageDecoder.decode(bytes, options: options)
    options.appliesExif = false
    let plain = try ImageDecoder.decode(bytes, options: options)
    let expected = try plain.turned(to: orientation).pixels
    return found.pixels.shape == expected.shape && found.pixels.bytes == expected.bytes
  }

  @Test("photos stand upright unless EXIF is to be ignored", arguments: 1...8)
  func isAppliedByDefault(orientation: Int) throws {
    let row = try #require(
      Golden.table("decoded.tsv").first {
        $0[0] == "orientation-\(orientation).jpg" && $0[1] == "e"
      })
    let image = try ImageDecoder.decode(Golden.bytes(row[0]))
    #expect(Golden.sum(image.pixels) == row[4])
  }

  @Test("EXIF of JPEG and PNG", arguments: 1...8, [true, false])
  func readsExif(orientation: Int, isLittle: Bool) throws {
    let (exif, other) = (Self.exif, Self.tiff(3, isLittle: isLittle))
    for type: UInt16 in [3, 4] {
      let tiff = Self.tiff(orientation, type: type, isLittle: isLittle)
      let halves = Self.segment(exif + tiff.prefix(12)) + Self.segment(exif + tiff.dropFirst(12))
      for segments in [
        Self.segment(exif + tiff), Self.segment(exif + exif + tiff), halves,
        Self.segment(exif + tiff) + Self.segment(exif + other),
      ] {
        let jpeg = try LimitTests.jpeg(adding: segments)
        #expect(try Self.isTurned(jpeg, to: orientation), "JPEG, type \(type)")
      }
      let png = try Golden.bytes("rgb-8.png")
      for chunks in [
        Self.chunk("eXIf", tiff), Self.chunk("eXIf", exif + tiff),
        Self.chunk("eXIf", other) + Self.chunk("eXIf", tiff),
      ] {
        for place in [33, png.count - 12] {
          let file = png.prefix(place) + chunks + png.dropFirst(place)
          #expect(try Self.isTurned(Array(file), to: orientation), "PNG, type \(type)")
        }
      }
    }
  }

  @Test("XMP says it where EXIF does not", arguments: 1...8)
  func readsXMP(orientation: Int) throws {
    let forms = ["<x tiff:Orientation=\"\(orientation)\"/>", "<tiff:Orientation>\(orientation)<"]
    for form in forms.map({ Array($0.utf8) }) {
      let segment = Self.segment(Self.xmp + form)
      #expect(try Self.isTurned(LimitTests.jpeg(adding: segment), to: orientation))
      let exif = Self.segment(Self.exif + Self.tiff(6, isLittle: true))
      #expect(try Self.isTurned(LimitTests.jpeg(adding: exif + segment), to: 6))
      let text = Array("XML:com.adobe.xmp\0\0\0en\0\0".utf8) + form
      #expect(try Self.isTurned(LimitTests.png(adding: 1, "iTXt", text), to: orientation))
    }
  }

  @Test("what makes no sense turns nothing")
  func ignoresNonsense() throws {
    let sound = Self.tiff(6, isLittle: true)
    // A BYTE and a text are no numbers to Pillow; the others are cut, or lead nowhere.
    var odd = [Self.tiff(6, type: 1, isLittle: true), Self.tiff(6, type: 2, isLittle: true)]
    odd += (0..<sound.count - 8).map { Array(sound.prefix($0)) }
    odd.append(Array(sound.prefix(4)) + [0xFF, 0xFF, 0xFF, 0xFF] + sound.dropFirst(8))
    odd.append(Self.exif + Self.exif + sound)
    for tiff in odd {
      let jpeg = try LimitTests.jpeg(adding: Self.segment(Self.exif + tiff))
      #expect(try Self.isTurned(jpeg, to: 1), "\(tiff)")
    }
    for text in ["tiff:Orientation", "tiff:Orientation=\"", "tiff:Orientation=\"9\"", "ttt"] {
      let jpeg = try LimitTests.jpeg(adding: Self.segment(Self.xmp + Array(text.utf8)))
      #expect(try Self.isTurned(jpeg, to: 1), "\(text)")
    }
  }
}
