// Small files of any name: read whole, replaced whole.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

extension FilePath {
  /// The bytes of the file, nil where there is none.
  ///
  /// Throws `io/open`, `io/read`, `file/not-regular`, and `file/too-large` beyond `limit` bytes.
  public func contents(limit: Int) throws(Failure) -> [UInt8]? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let descriptor = withCString { path in retryingInterrupted { open(path, flags) } }
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

  /// Replaces the file, or makes it: a reader finds what it was or what it becomes, never a part.
  ///
  /// What a link leads to is replaced, not the link. Throws `io/create`, `io/write`, `io/rename`.
  public func replace(with bytes: [UInt8]) throws(Failure) {
    let target = resolved
    let temporary = target.directory.appending(FilePath(".llava-\(getpid()).tmp"))
    let mode = target.status.map { $0.st_mode & 0o777 } ?? 0o666
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
    let slot = temporary.withCString { llava_register_temporary($0) }
    defer { llava_forget_temporary(slot) }
    let descriptor = temporary.withCString { path in
      retryingInterrupted { open(path, flags, mode) }
    }
    guard descriptor >= 0 else { throw .system("create", shown, errno: errno) }
    do throws(Failure) {
      try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
        try writeAll(UnsafeRawBufferPointer(bytes), to: descriptor, name: shown)
      }
      guard synchronize(descriptor) == 0 else { throw .system("fsync", shown, errno: errno) }
    } catch {
      close(descriptor)
      _ = temporary.withCString { unlink($0) }
      throw error
    }
    let closed = closeWritten(descriptor)
    let renamed = temporary.withCString { from in target.withCString { rename(from, $0) } }
    guard closed == 0, renamed == 0 else {
      let code = errno
      _ = temporary.withCString { unlink($0) }
      throw .system("rename", shown, errno: code)
    }
  }

  /// Removes the file; false where it could not.
  @discardableResult
  public func remove() -> Bool { withCString { unlink($0) } == 0 }

  /// Where a link leads, and the path itself where it is none.
  private var resolved: FilePath {
    guard let found = withCString({ realpath($0, nil) }) else { return self }
    defer { free(found) }
    return FilePath(
      bytes: UnsafeBufferPointer(start: found, count: strlen(found)).map(UInt8.init(bitPattern:)))
  }
}
