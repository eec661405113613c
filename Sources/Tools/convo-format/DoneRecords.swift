// The ids in an earlier run's output, so that a run can be taken up where it stopped.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Records
import Streams
import ToolSupport

/// Records that need not be made again.
struct DoneRecords {
  /// How many records of each id are done. As bytes: equal strings may be spelled differently, and
  /// then name different files.
  private var ids: [[UInt8]: Int] = [:]

  /// Reads the ids of the JSONL in `path`, plain or compressed. An end mark may be missing: the run
  /// that wrote it did not end. Throws `done/torn`, with the remedy, when the last line is cut.
  init(path: String, _ session: Session) throws(Failure) {
    let file = try MappedFile(path: path)
    let whole = Self.wholeLines(file.bytes)
    guard whole == file.bytes.count else {
      throw Failure(
        .invalidInput, code: "done/torn", at: "\(path):byte \(whole)",
        "the last line is cut: the run that wrote it was stopped",
        remedy: "truncate -s \(whole) \(path)")
    }
    let reader = try session.objectReader(path, format: .jsonl)
    do throws(Failure) {
      while let line = try reader.next() {
        if let id = Record.id(of: try line.result.get()) { ids[Array(id.utf8), default: 0] += 1 }
      }
    } catch {
      if error.kind != .noEndMark { throw error }
    }
  }

  /// Whether the next record of this id is done. Each done record stands for one of the input: of
  /// two with the same id, such as two questions about an image, one may be done and one not.
  mutating func take(_ id: String) -> Bool {
    guard let count = ids[Array(id.utf8)], count > 0 else { return false }
    ids[Array(id.utf8)] = count - 1
    return true
  }

  /// The number of bytes before a torn end: whole lines, or whole frames where it is compressed.
  static func wholeLines(_ bytes: UnsafeRawBufferPointer) -> Int {
    if ZstdFrames.begin(bytes) { return ZstdFrames.wholeBytes(bytes) }
    return bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
  }
}

/// Walks over the frames of RFC 8878 by the sizes in their headers, without decompressing.
enum ZstdFrames {
  private static let magic = 0xFD2F_B528
  private static let skippable = 0x184D_2A50...0x184D_2A5F

  static func begin(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let number = integer(bytes, 0, 4) else { return false }
    return number == magic || skippable.contains(number)
  }

  /// The end of the last frame that is whole.
  static func wholeBytes(_ bytes: UnsafeRawBufferPointer) -> Int {
    var end = 0
    while let next = frameEnd(bytes, end), next <= bytes.count { end = next }
    return end
  }

  private static func frameEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    guard let number = integer(bytes, start, 4) else { return nil }
    if skippable.contains(number) {
      return integer(bytes, start + 4, 4).map { start + 8 + $0 }
    }
    guard number == magic, let flags = integer(bytes, start + 4, 1) else { return nil }
    let isSingle = flags >> 5 & 1 == 1
    let contentSize = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]
    var position = start + 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][flags & 3] + contentSize
    while let block = integer(bytes, position, 3) {
      let kind = block >> 1 & 3
      if kind == 3 { return nil }
      position += 3 + (kind == 1 ? 1 : block >> 3)
      if block & 1 == 1 { return position + (flags >> 2 & 1) * 4 }
    }
    return nil
  }

  /// A little-endian number of `size` bytes, nil beyond the end.
  private static func integer(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ size: Int) -> Int? {
    guard start <= bytes.count - size else { return nil }
    return bytes[start..<start + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
