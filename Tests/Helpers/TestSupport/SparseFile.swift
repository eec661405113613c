// Files of their real size that take no room: what is not written is a hole of zeros.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A file as the bytes that are written and its whole size.
public struct SparseFile {
  /// Where bytes begin, and the bytes; they do not overlap.
  public private(set) var pieces: [(offset: Int, bytes: [UInt8])] = []
  public var byteCount = 0

  public init() {}

  /// Adds `bytes` at the end.
  public mutating func append(_ bytes: [UInt8]) {
    if !bytes.isEmpty { pieces.append((byteCount, bytes)) }
    byteCount += bytes.count
  }

  /// Adds `contents` of `count` bytes at the end.
  public mutating func append(_ contents: SparseContents, count: Int) {
    precondition(contents.written.count <= count)
    if !contents.written.isEmpty { pieces.append((byteCount, contents.written)) }
    byteCount += count
  }

  /// All of it in memory; for small files, which a test then damages.
  public var bytes: [UInt8] {
    var all = [UInt8](repeating: 0, count: byteCount)
    for piece in pieces {
      all.replaceSubrange(piece.offset..<piece.offset + piece.bytes.count, with: piece.bytes)
    }
    return all
  }

  /// Replaces the file at `path`.
  public func write(to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SparseFileError(path: path, number: errno) }
    defer { close(descriptor) }
    for piece in pieces {
      var done = 0
      while done < piece.bytes.count {
        let written = piece.bytes.withUnsafeBytes {
          pwrite(
            descriptor, $0.baseAddress! + done, piece.bytes.count - done, piece.offset + done)
        }
        guard written > 0 else { throw SparseFileError(path: path, number: errno) }
        done += written
      }
    }
    guard ftruncate(descriptor, byteCount) == 0 else {
      throw SparseFileError(path: path, number: errno)
    }
  }
}

public struct SparseFileError: Error {
  public let path: String
  /// The system's number.
  public let number: Int32

  public init(path: String, number: Int32) {
    self.path = path
    self.number = number
  }
}

/// What stands in a part of a file.
public enum SparseContents: Sendable {
  case bytes([UInt8])
  /// Zeros that take no room, after the first bytes.
  case hole(prefix: [UInt8] = [])

  /// What is written of it.
  public var written: [UInt8] {
    switch self {
    case .bytes(let bytes), .hole(let bytes): bytes
    }
  }
}
