// The damage: headers, zip64 fields, end records, and bytes that belong to nothing.
// SPDX-License-Identifier: Apache-2.0
import TestSupport

@testable import Pickle

extension HostileZipTests {
  static let headers: [Case] = [
    Case("compressed", "zip/method") {
      $0.put(UInt16(8), at: $0.entry(4) + 10)
      $0.put(UInt16(8), at: $0.local(4) + 8)
    },
    Case("compressed, says the directory", "zip/method") {
      $0.put(UInt16(8), at: $0.entry(0) + 10)
    },
    Case("compressed, says the record", "zip/local") { $0.put(UInt16(8), at: $0.local(0) + 8) },
    Case("encrypted", "zip/flags") {
      $0.put(UInt16(0x0809), at: $0.entry(0) + 8)
      $0.put(UInt16(0x0809), at: $0.local(0) + 6)
    },
    Case("hidden local headers", "zip/flags") { $0.put(UInt16(0x2808), at: $0.entry(0) + 8) },
    Case("other flags", "zip/local") { $0.put(UInt16(0x0800), at: $0.local(4) + 6) },
    Case("another name", "zip/local") { $0.bytes[$0.local(0) + 30] ^= 1 },
    Case("another size", "zip/local") { $0.put(UInt32(24), at: $0.local(4) + 22) },
    Case("another stored size", "zip/local") { $0.put(UInt32(24), at: $0.local(4) + 18) },
    Case("another checksum", "zip/local") { $0.put(UInt32(1), at: $0.local(4) + 14) },
    Case("no local header", "zip/local") { $0.put(UInt32(0), at: $0.local(4)) },
    Case("a long local name", "zip/cut") { $0.put(UInt16.max, at: $0.local(4) + 26) },
    Case("a long local extra", "zip/cut") { $0.put(UInt16.max, at: $0.local(4) + 28) },
    Case("no descriptor", "zip/local") { $0.put(UInt32(0), at: $0.descriptor(4)) },
    Case("descriptor: checksum", "zip/local") { $0.put(UInt32(0), at: $0.descriptor(4) + 4) },
    Case("descriptor: stored size", "zip/local") { $0.put(UInt32(23), at: $0.descriptor(4) + 8) },
    Case("descriptor: size", "zip/local") { $0.put(UInt32(23), at: $0.descriptor(4) + 12) },
    Case("directory: two sizes", "zip/size") { $0.put(UInt32(23), at: $0.entry(4) + 20) },
    Case("directory: shorter", "zip/local") {
      $0.put(UInt64(23 << 32 | 23), at: $0.entry(4) + 20)
    },
    Case("directory: 4 GiB", "zip/cut") {
      $0.put(UInt64(0xffff_fffe_ffff_fffe), at: $0.entry(4) + 20)
    },
    Case("directory: no signature", "zip/directory") { $0.put(UInt32(0), at: $0.entry(4)) },
    Case("directory: long name", "zip/cut") { $0.put(UInt16.max, at: $0.entry(4) + 28) },
    Case("directory: long extra", "zip/cut") { $0.put(UInt16.max, at: $0.entry(4) + 30) },
    Case("directory: comment", "zip/directory") { $0.put(UInt16(1), at: $0.entry(4) + 32) },
    Case("directory: another disk", "zip/directory") { $0.put(UInt16(1), at: $0.entry(4) + 34) },
    Case("offset past the end", "zip/layout") { $0.put(UInt32(1 << 30), at: $0.entry(4) + 42) },
    Case("offset of another record", "zip/layout") {
      $0.put(UInt32($0.local(3)), at: $0.entry(4) + 42)
    },
    Case("offset between records", "zip/layout") {
      $0.put(UInt32($0.local(4) + 1), at: $0.entry(4) + 42)
    },
  ]

  static let wide: [Case] = [
    Case("no zip64 field for the size", "zip/zip64") {
      $0.put(UInt64.max, at: $0.entry(4) + 20)
    },
    Case("no zip64 field for the offset", "zip/zip64") { $0.put(UInt32.max, at: $0.entry(4) + 42) },
    Case("zip64 size of 2^63", "zip/size") {
      $0.widen(size: true, offset: false, extra: field([1 << 63, 1 << 63]))
    },
    Case("zip64 size of 2^63 - 1", "zip/cut") {
      $0.widen(size: true, offset: false, extra: field([1 << 63 - 1, 1 << 63 - 1]))
    },
    Case("zip64 offset of 2^63", "zip/size") {
      $0.widen(size: false, offset: true, extra: field([1 << 63]))
    },
    Case("zip64 offset of 2^63 - 1", "zip/layout") {
      $0.widen(size: false, offset: true, extra: field([1 << 63 - 1]))
    },
    Case("zip64 with one size", "zip/zip64") {
      $0.widen(size: true, offset: false, extra: field([24]))
    },
    Case("zip64 that nothing asks for", "zip/zip64") {
      $0.widen(size: false, offset: false, extra: field([24, 24]))
    },
    Case("two zip64 fields", "zip/zip64") {
      $0.widen(size: true, offset: false, extra: field([24, 24]) + field([24, 24]))
    },
    Case("a zip64 field that is cut", "zip/extra") {
      $0.widen(size: true, offset: false, extra: [1, 0, 16, 0, 24])
    },
  ]

  static let ends: [Case] = [
    Case("end: comment", "zip/end") { $0.put(UInt16(1), at: $0.zip.end + 20) },
    Case("end: comment that is there", "zip/end") {
      $0.put(UInt16(1), at: $0.zip.end + 20)
      $0.bytes.append(0)
    },
    Case("end: another disk", "zip/end") { $0.put(UInt16(1), at: $0.zip.end + 4) },
    Case("end: one record less", "zip/zip64") { $0.put(UInt32(0x0006_0006), at: $0.zip.end + 8) },
    Case("end: another size", "zip/zip64") { $0.bytes[$0.zip.end + 12] ^= 1 },
    Case("end: another offset", "zip/zip64") { $0.bytes[$0.zip.end + 16] ^= 1 },
    Case("no locator", "zip/end") { $0.put(UInt32(0), at: $0.zip.locator) },
    Case("locator: another place", "zip/zip64") { $0.bytes[$0.zip.locator + 8] ^= 1 },
    Case("locator: 2^63", "zip/zip64") { $0.put(UInt64(1) << 63, at: $0.zip.locator + 8) },
    Case("zip64 end: no signature", "zip/zip64") { $0.put(UInt32(0), at: $0.zip.wideEnd) },
    Case("zip64 end: longer", "zip/zip64") { $0.put(UInt64(45), at: $0.zip.wideEnd + 4) },
    Case("zip64 end: two counts", "zip/zip64") { $0.put(UInt64(6), at: $0.zip.wideEnd + 24) },
    Case("zip64 end: size of 2^63", "zip/end") { both(&$0, UInt64(1) << 63, size: true) },
    Case("zip64 end: offset of 2^63", "zip/end") { both(&$0, UInt64(1) << 63, size: false) },
    Case("one record less than the directory", "zip/directory") {
      $0.replaceDirectory(Array($0.entries.joined()), count: $0.entries.count - 1)
    },
    Case("one record more than the directory", "zip/cut") {
      $0.replaceDirectory(Array($0.entries.joined()), count: $0.entries.count + 1)
    },
    Case("records without number", "zip/too-many", .limitExceeded) {
      $0.put(UInt32.max, at: $0.zip.end + 8)
      $0.put(UInt64.max, at: $0.zip.wideEnd + 24)
      $0.put(UInt64.max, at: $0.zip.wideEnd + 32)
    },
  ]

  static let wholes: [Case] = [
    Case("nothing", "zip/signature") { $0.bytes = [] },
    Case("a byte before", "zip/signature") { $0.bytes.insert(0x23, at: 0) },
    Case("a header before", "zip/zip64") {
      $0.bytes.insert(contentsOf: [0x50, 0x4b, 3, 4], at: 0)
    },
    Case("an archive before", "zip/zip64") { $0.bytes += $0.bytes },
    Case("a byte after", "zip/end") { $0.bytes.append(0) },
    Case("zeros after", "zip/end") { $0.bytes += [UInt8](repeating: 0, count: 4096) },
    Case("a record that the directory hides", "zip/layout") {
      let entries = $0.entries
      $0.replaceDirectory(Array((entries[..<3] + entries[4...]).joined()), count: 6)
    },
    Case("a last record that the directory hides", "zip/layout") {
      let entries = $0.entries
      $0.replaceDirectory(Array(entries.dropLast().joined()), count: entries.count - 1)
    },
    Case("one record listed twice", "zip/layout") {
      let entries = $0.entries
      $0.replaceDirectory(Array((entries + [entries[4]]).joined()), count: entries.count + 1)
    },
    Case("a changed pickle", "zip/checksum") { $0.bytes[$0.zip.places[0].data + 20] ^= 1 },
    Case("changed data", "zip/checksum") { $0.bytes[$0.zip.places[4].data + 20] ^= 1 },
  ]

  private static func field(_ numbers: [UInt64]) -> [UInt8] {
    [1, 0] + Pickled.little(UInt16(numbers.count * 8)) + numbers.flatMap { Pickled.little($0) }
  }

  /// Both end records say it.
  private static func both(_ target: inout Target, _ value: UInt64, size: Bool) {
    target.put(UInt32.max, at: target.zip.end + (size ? 12 : 16))
    target.put(value, at: target.zip.wideEnd + (size ? 40 : 48))
  }
}
