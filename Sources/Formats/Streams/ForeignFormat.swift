// What an input is that is no stream of ours: told by its first bytes, for the message.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A format of somebody else's, and what to do about it.
struct ForeignFormat {
  /// With its article where it has one: `gzip data`, `a zip file`.
  let name: String
  let remedy: String?
  /// What unpacks it to stdout.
  var unpacker: String?
  var isImage: Bool { remedy == Self.imageRemedy }

  private static let imageRemedy = "encode it first: clip-encode photo.jpg"

  /// The format whose files begin with `bytes`, of which sixteen are enough for all but an archive
  /// of tar. Nil where they may be text: none of these begins as a list of paths or JSON does.
  static func beginning(_ bytes: some Sequence<UInt8>) -> ForeignFormat? {
    let start = Array(bytes.prefix(tarMark.upperBound))
    let head = Array(start.prefix(16))
    if let name = binaryImage(head) {
      let article = name == "AVIF" ? "an" : "a"
      return ForeignFormat(name: "\(article) \(name) image", remedy: imageRemedy)
    }
    for (magic, name, unpacker) in packed where head.starts(with: magic) {
      return packed(name, unpacker)
    }
    for (magic, name, remedy) in magics where head.starts(with: magic) {
      return ForeignFormat(name: name, remedy: remedy)
    }
    if head.starts(with: "BZh".utf8), head.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26]) {
      return packed("bzip2 data", "bzip2 -dc")
    }
    if head.starts(with: "PAR1".utf8),
      head.contains(where: { $0 < 0x20 && !$0.isJSONSpace })
    {
      return ForeignFormat(
        name: "a Parquet file", remedy: "write its rows as JSONL or CSV, and its pictures as files")
    }
    if start.count == tarMark.upperBound, start[tarMark].elementsEqual("ustar".utf8),
      start.contains(0)
    {
      return ForeignFormat(
        name: "a tar archive", remedy: "name its file, not compressed: convo-format shard.tar")
    }
    guard head.count >= 8, head.allSatisfy({ $0 == 0 }) else { return nil }
    return ForeignFormat(
      name: "zeros", remedy: "the file was not written to its end: fetch or make it again")
  }

  /// Where the header of tar says so; a name with zeros behind it comes before.
  private static let tarMark = 257..<262

  private static func packed(_ name: String, _ unpacker: String) -> ForeignFormat {
    ForeignFormat(name: name, remedy: "unpack it first: \(unpacker)", unpacker: unpacker)
  }

  /// What to do about an input that messages call `name`: a file can be named in a command.
  func remedy(for name: String) -> String? {
    guard let unpacker, name != "stdin" else { return remedy }
    return "unpack it first, and name - instead: \(unpacker) \(quotedForShell(name)) |"
  }

  private static let packed: [(bytes: [UInt8], name: String, unpacker: String)] = [
    ([0x1F, 0x8B], "gzip data", "gzip -dc"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz data", "xz -dc"),
    ([0x04, 0x22, 0x4D, 0x18], "lz4 data", "lz4 -dc"),
    ([0x50, 0x4B, 3, 4], "a zip file", "unzip -p"),
  ]

  private static let magics: [(bytes: [UInt8], name: String, remedy: String?)] = [
    ([0x93, 0x4E, 0x55, 0x4D], "a NumPy array", nil),
    ([0xFF, 0xFE], "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8"),
    ([0xFE, 0xFF], "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8"),
  ]

  /// The format of the image that begins with `bytes`, `JPEG` say: what `beginning` knows, and PNM,
  /// which begins as a list of two files may, called `P6` and something with a digit in front.
  static func image(_ bytes: some Sequence<UInt8>) -> String? {
    let head = Array(bytes.prefix(16))
    if let name = binaryImage(head) { return name }
    guard head.first == UInt8(ascii: "P"), let kind = head.dropFirst().first,
      (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(kind)
    else { return nil }
    let rest = head.dropFirst(2)
    let next = rest.first { !$0.isJSONSpace }
    return rest.first?.isJSONSpace == true
      && (next == UInt8(ascii: "#") || next.map { (0x30...0x39).contains($0) } == true)
      ? "PNM" : nil
  }

  private static func binaryImage(_ head: [UInt8]) -> String? {
    let magics: [(bytes: [UInt8], name: String)] = [
      ([0xFF, 0xD8, 0xFF], "JPEG"), ([0x89, 0x50, 0x4E, 0x47], "PNG"),
      (Array("II*\0".utf8), "TIFF"), (Array("MM\0*".utf8), "TIFF"),
      (Array("II+\0".utf8), "TIFF"), (Array("MM\0+".utf8), "TIFF"),
    ]
    // These begin with letters, as a path may; then comes a size, which no path has.
    if head.prefix(12).contains(where: { $0 < 0x20 && !$0.isJSONSpace }) {
      if head.starts(with: "GIF87a".utf8) || head.starts(with: "GIF89a".utf8) { return "GIF" }
      if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) {
        return "WebP"
      }
      // Behind the file's size four bytes are kept free.
      if head.starts(with: "BM".utf8), head.count >= 10, head[6..<10].allSatisfy({ $0 == 0 }) {
        return "BMP"
      }
      let brand = head.dropFirst(8).prefix(4)
      if head.dropFirst(4).starts(with: "ftyp".utf8) {
        if brand.starts(with: "avif".utf8) { return "AVIF" }
        if brand.starts(with: "hei".utf8) || brand.starts(with: "mif1".utf8) { return "HEIF" }
      }
    }
    return magics.first { head.starts(with: $0.bytes) }?.name
  }
}
