// How much of the JSONL that an interrupted run left is complete.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The end of a file that a writer of ours may have left: whole records, then perhaps a part of one.
public struct WholeRecords: Equatable, Sendable {
  /// What follows the whole lines, or the whole frames where the file is compressed.
  public enum End: Equatable, Sendable {
    case nothing
    /// The beginning of a record.
    case part
    /// A record that only lacks its line end.
    case unendedLine
    /// Bytes that begin no record.
    case foreign
  }

  /// The bytes of all whole records.
  public let byteCount: Int
  public let end: End

  /// Looks at all bytes of a file, plain or compressed.
  public init(_ bytes: UnsafeRawBufferPointer) {
    let isCompressed = bytes.count >= 4 && FrameHeader.mayBegin(bytes)
    let lines = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    byteCount = isCompressed ? FrameHeader.endOfLastWhole(bytes) : lines
    let rest = UnsafeRawBufferPointer(rebasing: bytes[byteCount...])
    if rest.isEmpty {
      end = .nothing
    } else if isCompressed {
      end = FrameHeader.mayBegin(rest) ? .part : .foreign
    } else if rest.first != UInt8(ascii: "{") {
      end = .foreign
    } else {
      end = (try? parseObject(Array(rest))) == nil ? .part : .unendedLine
    }
  }
}
