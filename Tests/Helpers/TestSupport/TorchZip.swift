// The zip file around a checkpoint of PyTorch's: stored records, aligned, described after the data.
// SPDX-License-Identifier: Apache-2.0
import CZlib

/// A record of the zip file.
public struct TorchRecord: Sendable {
  public var name: String
  public var contents: SparseContents
  public var byteCount: Int
  /// Instead of the checksum of the contents.
  public var checksum: UInt32?

  /// Without `byteCount` the record has the bytes that are written.
  public init(
    name: String, contents: SparseContents, byteCount: Int? = nil, checksum: UInt32? = nil
  ) {
    self.name = name
    self.contents = contents
    self.byteCount = byteCount ?? contents.written.count
    self.checksum = checksum
  }
}

/// Lays records out as PyTorch's writer does (reference: caffe2/serialize/inline_container.cc and
/// its miniz; PKWARE's APPNOTE 6.3.10 names the fields).
public struct TorchZip {
  /// Where a record's parts begin in the file.
  public struct Place: Sendable {
    public let header: Int
    public let data: Int
    /// Nil for an empty record, which has none.
    public let descriptor: Int?
    public var directoryEntry = 0
  }

  public private(set) var file = SparseFile()
  /// One for each record, in their order.
  public private(set) var places: [Place] = []
  /// Where the central directory begins, and the three records after it.
  public private(set) var directory = 0
  public private(set) var wideEnd = 0
  public private(set) var locator = 0
  public private(set) var end = 0

  public init(_ records: [TorchRecord], alignment: Int = 64) {
    let checksums = records.map { $0.checksum ?? Self.checksum(of: $0) }
    for (record, checksum) in zip(records, checksums) {
      add(record, checksum, alignment: alignment)
    }
    directory = file.byteCount
    for (number, record) in records.enumerated() {
      places[number].directoryEntry = file.byteCount
      addEntry(record, checksums[number], header: places[number].header)
    }
    addEnd(count: records.count)
  }

  private mutating func add(_ record: TorchRecord, _ checksum: UInt32, alignment: Int) {
    let header = file.byteCount
    // Torch's writer does not know yet how many bytes it stores, and leaves a 0.
    let wide = Self.wideFields(size: record.byteCount, stored: 0, offset: header)
    let start = header + 30 + record.name.utf8.count + wide.count + 4
    let padding = (alignment - start % alignment) % alignment
    var bytes = Bytes()
    bytes.add(UInt32(0x0403_4b50), UInt16(0), Self.flags(record), UInt16(0), UInt32(0))
    // The checksum and both sizes stand in the descriptor.
    bytes.add(UInt32(0), UInt32(0), UInt32(0))
    bytes.add(UInt16(record.name.utf8.count), UInt16(wide.count + 4 + padding))
    bytes.all += Array(record.name.utf8) + wide + Array("FB".utf8)
    bytes.add(UInt16(padding))
    bytes.all += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
    file.append(bytes.all)
    let data = file.byteCount
    file.append(record.contents, count: record.byteCount)
    let isDescribed = record.byteCount > 0
    places.append(
      Place(header: header, data: data, descriptor: isDescribed ? file.byteCount : nil))
    guard isDescribed else { return }
    var descriptor = Bytes()
    descriptor.add(UInt32(0x0807_4b50), checksum)
    if wide.isEmpty {
      descriptor.add(UInt32(record.byteCount), UInt32(record.byteCount))
    } else {
      descriptor.add(UInt64(record.byteCount), UInt64(record.byteCount))
    }
    file.append(descriptor.all)
  }

  private mutating func addEntry(_ record: TorchRecord, _ checksum: UInt32, header: Int) {
    let wide = Self.wideFields(
      size: record.byteCount, stored: record.byteCount, offset: header)
    var bytes = Bytes()
    bytes.add(UInt32(0x0201_4b50), UInt32(0), Self.flags(record), UInt16(0), UInt32(0), checksum)
    bytes.add(Self.narrow(record.byteCount), Self.narrow(record.byteCount))
    bytes.add(UInt16(record.name.utf8.count), UInt16(wide.count))
    bytes.add(UInt16(0), UInt16(0), UInt16(0), UInt32(0), Self.narrow(header))
    file.append(bytes.all + Array(record.name.utf8) + wide)
  }

  private mutating func addEnd(count: Int) {
    wideEnd = file.byteCount
    let size = wideEnd - directory
    var bytes = Bytes()
    bytes.add(UInt32(0x0606_4b50), UInt64(44), UInt16(0x031e), UInt16(45), UInt64(0))
    bytes.add(UInt64(count), UInt64(count), UInt64(size), UInt64(directory))
    locator = wideEnd + bytes.all.count
    bytes.add(UInt32(0x0706_4b50), UInt32(0), UInt64(wideEnd), UInt32(1))
    end = wideEnd + bytes.all.count
    let narrowCount = UInt16(min(count, Int(UInt16.max)))
    bytes.add(UInt32(0x0605_4b50), UInt32(0), narrowCount, narrowCount)
    bytes.add(Self.narrow(size), Self.narrow(directory), UInt16(0))
    file.append(bytes.all)
  }

  /// Names in UTF-8; sizes after the data, if there is data.
  private static func flags(_ record: TorchRecord) -> UInt16 {
    record.byteCount > 0 ? 0x0808 : 0x0800
  }

  private static func narrow(_ value: Int) -> UInt32 { UInt32(min(value, Int(UInt32.max))) }

  /// The zip64 field of the numbers that have no room in 32 bits.
  private static func wideFields(size: Int, stored: Int, offset: Int) -> [UInt8] {
    var numbers = Bytes()
    if size >= Int(UInt32.max) { numbers.add(UInt64(size), UInt64(stored)) }
    if offset >= Int(UInt32.max) { numbers.add(UInt64(offset)) }
    guard !numbers.all.isEmpty else { return [] }
    var field = Bytes()
    field.add(UInt16(1), UInt16(numbers.all.count))
    return field.all + numbers.all
  }
}

extension TorchZip {
  /// The CRC-32 of a record. That of a hole is put together from those of its halves, so that no
  /// zero is read.
  public static func checksum(of record: TorchRecord) -> UInt32 {
    let written = record.contents.written
    let first = crc32_z(0, written, written.count)
    return UInt32(truncatingIfNeeded: extended(first, byZeros: record.byteCount - written.count))
  }

  private static func extended(_ checksum: UInt, byZeros count: Int) -> UInt {
    var result = checksum
    var block = crc32_z(0, [0], 1)
    var size = 1
    while size <= count {
      if count & size != 0 { result = crc32_combine(result, block, size) }
      block = crc32_combine(block, block, size)
      size *= 2
    }
    return result
  }
}

/// Numbers in little-endian order.
private struct Bytes {
  var all: [UInt8] = []

  mutating func add(_ values: any FixedWidthInteger...) {
    for value in values {
      let count = value.bitWidth / 8
      let bits = UInt64(truncatingIfNeeded: value)
      all += (0..<count).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
  }
}
