// Iterates over the members of a tar archive, reading only headers.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A regular file in an archive.
public struct TarMember: Sendable {
  /// As the archive has it, but for `./` and `/` at its beginning.
  public let name: [UInt8]
  /// Where its bytes are in the archive.
  public let bytes: Range<Int>
}

/// The members of an archive in their order. Memory holds one header, and of a long name's or a pax
/// header's body no more than 64 KiB.
public struct TarWalk {
  private let file: RegularFile
  private var position = 0
  /// How many links were passed over until now.
  public private(set) var links = 0

  /// A name that is longer is none that a path could have; pax headers have no more than some names.
  private static let mostExtension = 64 << 10

  public init(_ file: RegularFile) { self.file = file }

  /// Whether the file begins with a header.
  public static func begins(_ file: RegularFile) throws(Failure) -> Bool {
    TarHeader.hasChecksum(try file.read(at: 0, count: TarHeader.byteCount))
  }

  /// Throws `tar/compressed` for what has to be unpacked first.
  public static func refuseCompressed(_ file: RegularFile) throws(Failure) {
    let programs: [(magic: [UInt8], name: String)] = [
      ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), (Array("BZh".utf8), "bzip2"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz"),
    ]
    let head = try file.read(at: 0, count: 8)
    guard let found = programs.first(where: { head.starts(with: $0.magic) }) else { return }
    throw Failure(
      .invalidInput, code: "tar/compressed", at: file.path,
      "expected a tar archive, which is read in place, found \(found.name) data",
      remedy: "unpack it first: \(found.name) -dc \(quotedForShell(file.path)) >"
        + " \(quotedForShell(unpackedName(file.path))), and name that")
  }

  /// Whether `path` is called as compressed archives are.
  public static func isCalledCompressed(_ path: String) -> Bool {
    let name = FilePath(path)
    let isPacked = [".gz", ".zst", ".bz2", ".xz"].contains(name.lowercasedExtension)
    return isPacked && name.withoutExtension.lowercasedExtension == ".tar"
      || [".tgz", ".tbz2", ".txz", ".tzst"].contains(name.lowercasedExtension)
  }

  private static func unpackedName(_ path: String) -> String {
    let name = FilePath(path).withoutExtension
    return (name.lowercasedExtension == ".tar" ? name : name + ".tar").shown
  }

  /// The next regular file; directories, links, devices and sparse files are passed over. Nil at the
  /// end mark.
  ///
  /// Throws `tar/header`, `tar/cut` where the file ends before the mark or inside a member,
  /// `tar/too-large`, `io/read`. What was found until then is whole.
  public mutating func next() throws(Failure) -> TarMember? {
    var pax = PaxRecords()
    var longName: [UInt8]?
    while true {
      try Interruption.check(file.path)
      let start = position
      do throws(Failure) {
        guard let header = try header() else { return nil }
        let size = [.bodiless, .link].contains(header.kind) ? 0 : pax.size ?? header.size
        let body = try body(of: size)
        switch header.kind {
        case .pax: pax = try PaxRecords(extensionBody(body))
        case .longName: longName = Array(try extensionBody(body).prefix { $0 != 0 })
        case .file:
          if !pax.isSparse {
            return TarMember(name: Self.plain(pax.path ?? longName ?? header.name), bytes: body)
          }
          (pax, longName) = (PaxRecords(), nil)
        case .link:
          links += 1
          (pax, longName) = (PaxRecords(), nil)
        case .bodiless: (pax, longName) = (PaxRecords(), nil)
        case .other: break
        }
      } catch {
        throw error.at("byte \(start)").at(file.path)
      }
    }
  }

  /// Without what changes nothing about where a member is.
  static func plain(_ name: some Collection<UInt8>) -> [UInt8] {
    var name = Array(name)[...]
    while true {
      if name.first == UInt8(ascii: "/") {
        name = name.dropFirst()
      } else if name.starts(with: "./".utf8) {
        name = name.dropFirst(2)
      } else {
        return Array(name)
      }
    }
  }

  private mutating func header() throws(Failure) -> TarHeader? {
    let block = try file.read(at: position, count: TarHeader.byteCount)
    guard block.count == TarHeader.byteCount else { throw Self.cut("before its end mark") }
    if block.allSatisfy({ $0 == 0 }) { return nil }
    let header = try TarHeader(block)
    position += TarHeader.byteCount
    return header
  }

  /// Where a body of `size` bytes is; the position moves behind it and what fills its last block.
  private mutating func body(of size: Int) throws(Failure) -> Range<Int> {
    guard let end = checkedSum(position, size), end <= file.size else {
      throw Self.cut("inside a member of \(size) bytes")
    }
    defer { position = min(file.size, (end + 511) / 512 * 512) }
    return position..<end
  }

  private func extensionBody(_ body: Range<Int>) throws(Failure) -> [UInt8] {
    guard body.count <= Self.mostExtension else {
      throw Failure(
        .limitExceeded, code: "tar/too-large",
        "expected a pax header or a name of at most \(Self.mostExtension) bytes,"
          + " found \(body.count)")
    }
    return try file.read(at: body.lowerBound, count: body.count)
  }

  /// What to do where links are missed.
  public static let linkRemedy =
    "links are not followed: make it again with tar --dereference --hard-dereference"

  private static func cut(_ place: String) -> Failure {
    Failure(
      .invalidInput, code: "tar/cut", "the archive ends \(place)",
      remedy: "fetch or make it again", kind: .cut)
  }
}
