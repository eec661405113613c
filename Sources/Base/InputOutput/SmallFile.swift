// Small files of any name: read whole, replaced whole.
// SPDX-License-Identifier: Apache-2.0
import Glibc

extension FilePath {
  /// The bytes of the file, nil where there is none.
  ///
  /// Throws `io/open`, `io/read`, `file/not-regular`, and `file/too-large` beyond `limit` bytes.
  public func contents(limit: Int) throws(Failure) -> [UInt8]? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let descriptor = withCString { openWaiting($0, flags) }
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .system("open", shown, errno: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("stat", shown, errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw RegularFile.notRegular(shown, status.st_mode)
    }
    return try readWhole(FileSource(descriptor: descriptor, name: shown), limit: limit)
  }

  /// Replaces or creates the file: a reader sees the old or the new contents, never a part.
  ///
  /// What a link leads to is replaced, not the link. Throws what `AtomicFile` throws.
  public func replace(with bytes: [UInt8]) throws(Failure) {
    let file = try AtomicFile(self)
    try file.write(bytes)
    try file.finish()
  }

  /// Removes the file; false where it could not.
  @discardableResult
  public func remove() -> Bool { withCString { unlink($0) } == 0 }

  /// Where a link leads, and the path itself where it is none.
  public var resolved: FilePath {
    guard let found = withCString({ realpath($0, nil) }) else { return self }
    defer { free(found) }
    return FilePath(
      bytes: UnsafeBufferPointer(start: found, count: strlen(found)).map(UInt8.init(bitPattern:)))
  }
}
