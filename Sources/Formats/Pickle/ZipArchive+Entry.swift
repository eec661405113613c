// One record's two headers and its descriptor, and the rule that they agree.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

extension ZipArchive {
  /// What the central directory says of a record (APPNOTE 4.3.12).
  struct Entry {
    let name: [UInt8]
    let flags: UInt16
    let crc: UInt32
    let size: Int
    /// Where the local header begins.
    let offset: Int

    /// Bit 3: sizes and checksum stand after the data.
    private static let described: UInt16 = 1 << 3
    /// Bit 11: the name is UTF-8. No other bit is PyTorch's; bit 0 is encryption.
    private static let known: UInt16 = described | 1 << 11

    init(_ cursor: inout ByteCursor) throws(Failure) {
      guard try cursor.next(UInt32.self) == 0x0201_4b50 else {
        throw zipFault("directory", "expected a record of the directory")
      }
      _ = try cursor.next(UInt32.self)
      flags = try cursor.next()
      let method = try cursor.next(UInt16.self)
      _ = try cursor.next(UInt32.self)
      crc = try cursor.next()
      let sizes = [try cursor.next(UInt32.self), try cursor.next(UInt32.self)]
      let nameSize = Int(try cursor.next(UInt16.self))
      let extraSize = Int(try cursor.next(UInt16.self))
      let commentSize = try cursor.next(UInt16.self)
      let disk = try cursor.next(UInt16.self)
      _ = try cursor.take(6)
      let place = try cursor.next(UInt32.self)
      name = Array(cursor.bytes[try cursor.take(nameSize)])
      let extra = try cursor.take(extraSize)
      guard method == 0 else {
        throw zipFault(
          "method", "expected a stored record, found one that is compressed by method \(method)")
      }
      guard flags & ~Self.known == 0 else {
        throw zipFault("flags", "expected a plain record, found flags \(flags)")
      }
      guard disk == 0, commentSize == 0, (1...ZipArchive.nameLimit).contains(nameSize) else {
        throw zipFault("directory", "expected one file, no comment, and a name of 1 to 1024 bytes")
      }
      var wide = try WideFields(cursor.bytes, in: extra)
      let whole = try wide.resolve(sizes[1])
      let stored = try wide.resolve(sizes[0])
      let offset = try wide.resolve(place)
      try wide.finish()
      guard whole == stored, let size = Int(exactly: whole), let start = Int(exactly: offset) else {
        throw zipFault("size", "expected a stored record, found \(stored) bytes for \(whole)")
      }
      self.size = size
      self.offset = start
    }

    /// The record, after its local header (4.3.7) and its descriptor (4.3.9) have been compared with
    /// the directory. `end` becomes the byte after it, which is at most `limit`.
    func locate(in file: UnsafeRawBufferPointer, before limit: Int, end: inout Int)
      throws(Failure) -> Record
    {
      guard (0...limit).contains(offset) else {
        throw zipFault("layout", "the directory names byte \(offset), beyond the records")
      }
      var cursor = ByteCursor(file, in: offset..<limit, code: "zip/cut")
      guard try cursor.next(UInt32.self) == 0x0403_4b50 else {
        throw zipFault("local", at: offset, "expected a record's header")
      }
      _ = try cursor.next(UInt16.self)
      let localFlags = try cursor.next(UInt16.self)
      let method = try cursor.next(UInt16.self)
      _ = try cursor.next(UInt32.self)
      let localCRC = try cursor.next(UInt32.self)
      let sizes = [try cursor.next(UInt32.self), try cursor.next(UInt32.self)]
      let nameSize = Int(try cursor.next(UInt16.self))
      let extraSize = Int(try cursor.next(UInt16.self))
      let localName = try cursor.take(nameSize)
      let extra = try cursor.take(extraSize)
      let isDescribed = flags & Self.described != 0
      guard localFlags == flags, method == 0, file[localName].elementsEqual(name),
        localCRC == (isDescribed ? 0 : crc)
      else { throw differs }
      let expected = isDescribed ? 0 : UInt64(size)
      // With a descriptor the sizes are 0 here, and a zip64 field beside them means nothing.
      if !isDescribed || sizes != [0, 0] {
        var wide = try WideFields(file, in: extra)
        guard try wide.resolve(sizes[1]) == expected, try wide.resolve(sizes[0]) == expected
        else { throw differs }
      }
      let range = try cursor.take(size)
      if isDescribed { try check(descriptor: &cursor) }
      end = cursor.position
      return Record(name: name, range: range, crc: crc, flags: flags, offset: offset)
    }

    private func check(descriptor cursor: inout ByteCursor) throws(Failure) {
      let isWide = offset >= Int(UInt32.max) || size >= Int(UInt32.max)
      guard try cursor.next(UInt32.self) == 0x0807_4b50, try cursor.next() == crc else {
        throw differs
      }
      for _ in 0..<2 {
        let found = isWide ? try cursor.next(UInt64.self) : UInt64(try cursor.next(UInt32.self))
        guard found == UInt64(size) else { throw differs }
      }
    }

    private var differs: Failure {
      zipFault(
        "local", at: offset,
        "the record's own header and the directory differ about"
          + " \(quoted(String(decoding: name, as: UTF8.self)))")
    }
  }
}

/// The zip64 field among a header's extra fields (APPNOTE 4.5.3): the numbers that had no room, in
/// their order.
private struct WideFields {
  private var field: ByteCursor?

  init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) throws(Failure) {
    var cursor = ByteCursor(bytes, in: range, code: "zip/extra")
    while !cursor.isAtEnd {
      let identifier = try cursor.next(UInt16.self)
      let content = try cursor.take(Int(try cursor.next(UInt16.self)))
      guard identifier == 1 else { continue }
      guard field == nil else { throw zipFault("zip64", "expected one zip64 field, found two") }
      field = ByteCursor(bytes, in: content, code: "zip/zip64")
    }
  }

  /// `value`, or the next number of the field where it has no room.
  mutating func resolve(_ value: UInt32) throws(Failure) -> UInt64 {
    guard value == .max else { return UInt64(value) }
    guard field != nil, let wide = try field?.next(UInt64.self) else {
      throw zipFault("zip64", "expected a zip64 field, found none")
    }
    return wide
  }

  /// Throws `zip/zip64` where numbers are left: another reader could take them for its own.
  func finish() throws(Failure) {
    guard field?.isAtEnd ?? true else {
      throw zipFault("zip64", "the zip64 field holds more than the numbers that had no room")
    }
  }
}
