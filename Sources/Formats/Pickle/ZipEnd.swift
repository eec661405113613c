// Where the central directory of a zip file lies, by the records at the file's end.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The end record, which must be the last 22 bytes, and the zip64 records before it
/// (APPNOTE 4.3.14 to 4.3.16), which PyTorch always writes.
struct ZipEnd {
  /// How many records there are.
  let count: Int
  /// Where the central directory lies; the end records follow it at once.
  let directory: Range<Int>

  private static let size = 22
  private static let locatorSize = 20
  private static let wideSize = 56

  init(_ file: UnsafeRawBufferPointer) throws(Failure) {
    let start = file.count - Self.size
    guard start >= 0 else { throw Self.cut(file) }
    var cursor = ByteCursor(file, in: start..<file.count, code: "zip/cut")
    guard try cursor.next(UInt32.self) == 0x0605_4b50 else { throw Self.cut(file) }
    let disks = [try cursor.next(UInt16.self), try cursor.next(UInt16.self)]
    let counts = [try cursor.next(UInt16.self), try cursor.next(UInt16.self)]
    let size = try cursor.next(UInt32.self)
    let offset = try cursor.next(UInt32.self)
    guard try cursor.next(UInt16.self) == 0, counts[0] == counts[1],
      disks.allSatisfy({ $0 == 0 || $0 == .max })
    else { throw zipFault("end", at: start, "expected one file without a comment") }
    var narrow = Values(
      count: UInt64(counts[0]), size: UInt64(size), offset: UInt64(offset), end: start)
    if let wide = try Self.wide(file, before: start) {
      guard counts[0] == .max || narrow.count == wide.count,
        size == .max || narrow.size == wide.size,
        offset == .max || narrow.offset == wide.offset
      else { throw zipFault("zip64", at: start, "the two end records differ") }
      narrow = wide
    } else if disks != [0, 0] || counts[0] == .max || size == .max || offset == .max {
      throw zipFault("zip64", at: start, "expected a zip64 end record")
    }
    guard narrow.count <= UInt64(ZipArchive.recordLimit) else {
      throw Failure(
        .limitExceeded, code: "zip/too-many", at: "byte \(start)",
        "expected at most \(ZipArchive.recordLimit) records, found \(narrow.count)")
    }
    let limit = UInt64(narrow.end)
    guard narrow.offset <= limit, limit - narrow.offset == narrow.size else {
      throw zipFault(
        "end", at: start, "expected the directory to end at byte \(narrow.end)")
    }
    count = Int(narrow.count)
    directory = Int(narrow.offset)..<narrow.end
  }

  private struct Values {
    var count: UInt64
    var size: UInt64
    var offset: UInt64
    /// Where the directory must end.
    var end: Int
  }

  /// What the zip64 records say, or nil where no locator stands before `end`.
  private static func wide(_ file: UnsafeRawBufferPointer, before end: Int) throws(Failure)
    -> Values?
  {
    let locator = end - locatorSize
    guard locator >= 0 else { return nil }
    var cursor = ByteCursor(file, in: locator..<end, code: "zip/cut")
    guard try cursor.next(UInt32.self) == 0x0706_4b50 else { return nil }
    let disk = try cursor.next(UInt32.self)
    let place = try cursor.next(UInt64.self)
    let disks = try cursor.next(UInt32.self)
    let start = locator - wideSize
    guard start >= 0, place == UInt64(start), disk == 0, disks <= 1 else {
      throw zipFault("zip64", at: locator, "expected the zip64 end record at byte \(start)")
    }
    cursor = ByteCursor(file, in: start..<locator, code: "zip/cut")
    let signature = try cursor.next(UInt32.self)
    let size = try cursor.next(UInt64.self)
    // Versions: they say nothing about what stands here.
    _ = try cursor.next(UInt32.self)
    let files = [try cursor.next(UInt32.self), try cursor.next(UInt32.self)]
    let counts = [try cursor.next(UInt64.self), try cursor.next(UInt64.self)]
    guard signature == 0x0606_4b50, size == UInt64(wideSize - 12), files == [0, 0],
      counts[0] == counts[1]
    else { throw zipFault("zip64", at: start, "expected a zip64 end record of one file") }
    return Values(
      count: counts[0], size: try cursor.next(), offset: try cursor.next(), end: start)
  }

  private static func cut(_ file: UnsafeRawBufferPointer) -> Failure {
    Failure(
      .invalidInput, code: "zip/end", at: "byte \(max(0, file.count - size))",
      "expected a zip file's end record as the last \(size) bytes",
      remedy: "the file is cut short, or something was appended: fetch it again", kind: .cut)
  }
}
