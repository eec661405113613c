// The records of a zip file whose every byte belongs to one of them, as PyTorch writes it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The directory of a zip file (PKWARE's APPNOTE 6.3.10), stricter than the format:
/// records are stored and not encrypted; the central directory and the local headers agree; records
/// follow each other from the first byte of the file to the directory, so that nothing can hide
/// between them; nothing follows the end record.
struct ZipArchive: Sendable {
  struct Record: Sendable {
    /// As bytes: two names are the same only where their bytes are.
    let name: [UInt8]
    /// Where the bytes lie in the file.
    let range: Range<Int>
    let crc: UInt32
    let flags: UInt16
    /// Where the local header begins.
    let offset: Int

    var shownName: String { quoted(String(decoding: name, as: UTF8.self)) }
  }

  /// In the order of their bytes.
  let records: [Record]
  private let places: [[UInt8]: Int]

  /// Two for each tensor that we read and a few of the format's own.
  static let recordLimit = 1 << 17
  static let nameLimit = 1024

  subscript(name: [UInt8]) -> Record? { places[name].map { records[$0] } }

  /// Throws codes `zip/…`.
  init(_ file: UnsafeRawBufferPointer) throws(Failure) {
    let end = try ZipEnd(file)
    var cursor = ByteCursor(file, in: end.directory, code: "zip/cut")
    var entries: [Entry] = []
    entries.reserveCapacity(end.count)
    for _ in 0..<end.count {
      let place = cursor.position
      do throws(Failure) {
        entries.append(try Entry(&cursor))
      } catch {
        throw error.place == nil ? error.at("byte \(place)") : error
      }
    }
    guard cursor.isAtEnd else {
      throw zipFault("directory", at: cursor.position, "the directory holds more than its records")
    }
    entries.sort { $0.offset < $1.offset }
    var records: [Record] = []
    var places: [[UInt8]: Int] = [:]
    records.reserveCapacity(entries.count)
    var next = 0
    for entry in entries {
      guard entry.offset == next else {
        throw zipFault(
          "layout", at: entry.offset, "expected the next record at byte \(next)")
      }
      let record = try entry.locate(in: file, before: end.directory.lowerBound, end: &next)
      guard places.updateValue(records.count, forKey: record.name) == nil else {
        throw zipFault("name", at: entry.offset, "the name \(record.shownName) is taken twice")
      }
      records.append(record)
    }
    guard next == end.directory.lowerBound else {
      throw zipFault("layout", at: next, "expected the directory here, found other bytes")
    }
    self.records = records
    self.places = places
  }

  /// Throws `zip/checksum` unless the bytes of `record` are those that were written.
  static func verify(_ record: Record, in file: UnsafeRawBufferPointer) throws(Failure) {
    let found = checksum(UnsafeRawBufferPointer(rebasing: file[record.range]))
    guard found != record.crc else { return }
    let unset = record.crc == 0
    throw Failure(
      .invalidInput, code: "zip/checksum", at: record.shownName,
      "expected the checksum \(hexadecimal(record.crc)), found \(hexadecimal(found))",
      remedy: unset
        ? "where the file was saved with set_crc32_options(False) or without its data, save it anew;"
          + " else fetch it again" : "the file is damaged: fetch it again")
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// A fault of a zip file at byte `offset` of it.
func zipFault(_ code: String, at offset: Int? = nil, _ message: String) -> Failure {
  Failure(
    .invalidInput, code: "zip/\(code)", at: offset.map { "byte \($0)" }, message,
    remedy: "fetch the file again, or save it anew with torch.save")
}
