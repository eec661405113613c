// Names the format of an image file by its first bytes.
// SPDX-License-Identifier: Apache-2.0

/// The format of a file by its first bytes; names and extensions are ignored.
enum ImageFormat: Equatable {
  case empty
  case jpeg
  case png
  /// P1 ... P6.
  case pnm(Int)
  case sandboxed(SandboxedFormat)
  /// Something that is not decoded, with its name where it is known.
  case other(String?)

  init(of bytes: [UInt8]) {
    if bytes.isEmpty {
      self = .empty
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: PNGStructure.signature) {
      self = .png
    } else if bytes.count > 2, bytes[0] == UInt8(ascii: "P"),
      (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1]), bytes[2].isSpace
    {
      self = .pnm(Int(bytes[1] - UInt8(ascii: "0")))
    } else if let format = SandboxedFormat(of: bytes) {
      self = .sandboxed(format)
    } else {
      self = .other(Self.name(of: bytes))
    }
  }

  private static let magics: [(prefix: String, name: String)] = [
    ("P7", "PAM"), ("PF", "PFM"), ("Pf", "PFM"), ("8BPS", "Photoshop"), ("%PDF", "PDF"),
    ("PK", "a zip archive"),
    ("\0\0\u{1}\0", "an icon"), ("\0\0\0\u{c}jP", "JPEG 2000"), ("farbfeld", "farbfeld"),
    ("qoif", "QOI"), ("<svg", "SVG"), ("<?xml", "XML"), ("<", "HTML"),
    ("version https://git-lfs", "a Git LFS pointer"), ("{", "JSON"),
  ]

  private static func name(of bytes: [UInt8]) -> String? {
    let head = bytes.prefix(32)
    func has(_ text: String, at offset: Int) -> Bool {
      head.dropFirst(offset).starts(with: text.utf8)
    }
    if has("ftyp", at: 4) { return "a video" }
    if let magic = magics.first(where: { has($0.prefix, at: 0) }) { return magic.name }
    let isSpace = head.allSatisfy { $0 == 0 || $0.isSpace }
    return isSpace ? "blank data" : nil
  }
}

extension UInt8 {
  /// White space as the C locale has it.
  var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
  var isDigit: Bool { (0x30...0x39).contains(self) }
}
