// One header of a tar archive: 512 bytes, as ustar, pax, GNU tar and the first tar write them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The contents of a header, with its numbers checked.
struct TarHeader {
  static let byteCount = 512

  enum Kind {
    case file
    /// Another name of a file, hard or symbolic: what follows is the next header.
    case link
    /// Directories, devices: what follows is the next header, whatever size they name.
    case bodiless
    /// The body is records for the next member.
    case pax
    /// The body is a long name of the next member.
    case longName
    /// A body that means nothing here: a link's long name, settings for all members, a sparse file.
    case other
  }

  let name: [UInt8]
  let size: Int
  let kind: Kind

  /// The header in `block`. Throws `tar/header` where the checksum or a number is wrong.
  init(_ block: [UInt8]) throws(Failure) {
    guard block.count == Self.byteCount, Self.hasChecksum(block) else {
      throw Self.fault("found no header with a right checksum")
    }
    guard let size = Self.number(block[124..<136]) else {
      throw Self.fault("found a size that is not a number, is negative, or beyond 63 bits")
    }
    self.size = size
    var name = Self.text(block[0..<100])
    // GNU's own magic ends in blanks, and other things stand where POSIX has the front of the name.
    if block[257..<263].elementsEqual("ustar\0".utf8) {
      let prefix = Self.text(block[345..<500])
      if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
    }
    self.name = name
    kind =
      switch block[156] {
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
        name.last == UInt8(ascii: "/") ? .bodiless : .file
      case UInt8(ascii: "1"), UInt8(ascii: "2"): .link
      case UInt8(ascii: "3")...UInt8(ascii: "6"): .bodiless
      case UInt8(ascii: "x"): .pax
      case UInt8(ascii: "L"): .longName
      default: .other
      }
  }

  static func fault(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "tar/header", "expected a header of a tar archive, \(found)",
      remedy: "the archive is damaged: fetch or make it again")
  }

  /// Whether the sum of the bytes, its own eight counted as blanks, is what the block says; some old
  /// programs summed signed bytes.
  static func hasChecksum(_ block: [UInt8]) -> Bool {
    guard block.count == byteCount, let wanted = number(block[148..<156]) else { return false }
    let blank = Array(repeating: UInt8(ascii: " "), count: 8)
    let counted = block[..<148] + blank + block[156...]
    return wanted == counted.reduce(0) { $0 + Int($1) }
      || wanted == counted.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
  }

  /// Octal digits between blanks, or GNU's base 256 with the first bit set. Nil for anything else, and
  /// for what is negative or does not fit.
  static func number(_ field: ArraySlice<UInt8>) -> Int? {
    guard let first = field.first else { return nil }
    if first & 0x80 != 0 {
      guard first & 0x40 == 0 else { return nil }
      var value = Int(first & 0x3F)
      for byte in field.dropFirst() {
        guard value <= Int.max >> 8 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    // Twelve digits are 36 bits.
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }

  /// What stands before the first NUL.
  private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
    Array(field.prefix { $0 != 0 })
  }
}

/// What a pax header says of the next member (POSIX, pax interchange format).
struct PaxRecords {
  private(set) var path: [UInt8]?
  private(set) var size: Int?
  /// A member in pieces, as GNU tar stores files with holes.
  private(set) var isSparse = false

  init() {}

  /// Records `LENGTH KEY=VALUE\n`. Throws `tar/header` where they are none.
  init(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // Some programs fill up with NULs.
      if rest.allSatisfy({ $0 == 0 }) { return }
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...8).contains(digits.count), let length = Self.decimal(digits),
        length > digits.count + 2, length <= rest.count
      else { throw Self.fault }
      let record = rest.prefix(length).dropFirst(digits.count)
      guard record.first == 0x20, record.last == 0x0A,
        let sign = record.firstIndex(of: UInt8(ascii: "="))
      else { throw Self.fault }
      try take(
        String(decoding: record[(record.startIndex + 1)..<sign], as: UTF8.self),
        record[(sign + 1)..<(record.endIndex - 1)])
      rest = rest.dropFirst(length)
    }
  }

  private mutating func take(_ key: String, _ value: ArraySlice<UInt8>) throws(Failure) {
    switch key {
    case "path": path = Array(value)
    case "size":
      guard let number = Self.decimal(value) else { throw Self.fault }
      size = number
    default: if key.utf8.starts(with: "GNU.sparse.".utf8) { isSparse = true }
    }
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private static var fault: Failure {
    TarHeader.fault("found a pax header that breaks its rules")
  }
}
