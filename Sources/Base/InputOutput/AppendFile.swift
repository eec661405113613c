// A file that only grows, whole line by whole line, under the lock of one process.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file that is kept from run to run: its contents are read, and more is appended.
///
/// For one thread.
public final class AppendFile {
  public let path: String
  /// Bytes of complete lines.
  public private(set) var size: Int
  private let descriptor: Int32

  /// Opens `path`, creating it with permissions for its owner only if it is missing, and locks it.
  ///
  /// Throws `path/invalid`, `io/open`, `file/not-regular`, `file/dangling-link`; `usage/locked` where another
  /// process has it.
  public convenience init(path: String) throws(Failure) {
    try checkPath(path)
    try self.init(path: FilePath(path), mode: 0o600)
  }

  /// The same for a path that need not be text; `mode`: who may do what with a file that is made;
  /// `followsLinks`: false refuses a link.
  public init(path: FilePath, mode: mode_t, followsLinks: Bool = true) throws(Failure) {
    // As other outputs: nothing is made at a place that nobody named.
    if followsLinks, path.isDanglingLink { throw .danglingLink(path.shown) }
    let links = followsLinks ? 0 : O_NOFOLLOW
    let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | links
    let opened = path.withCString { path in retryingInterrupted { open(path, flags, mode) } }
    let path = path.shown
    guard opened >= 0 else { throw .system("open", path, errno: errno) }
    var status = stat()
    guard fstat(opened, &status) == 0 else {
      let code = errno
      close(opened)
      throw .system("stat", path, errno: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw RegularFile.notRegular(path, status.st_mode)
    }
    // Some file systems cannot lock, and say so.
    guard Self.lock(opened) else {
      close(opened)
      throw Failure(
        .usage, code: "usage/locked", at: path, "another run is writing it",
        remedy: "wait until that has ended, or name another file")
    }
    guard fstat(opened, &status) == 0 else {
      let code = errno
      close(opened)
      throw .system("stat", path, errno: code)
    }
    self.path = path
    descriptor = opened
    size = Int(status.st_size)
  }

  /// False where another has the lock. A program that this process is just starting holds its files
  /// for a moment too: the lock of a file that was closed here may be there a little longer.
  private static func lock(_ descriptor: Int32) -> Bool {
    for _ in 0..<10 {
      let locked = retryingInterrupted { flock(descriptor, LOCK_EX | LOCK_NB) }
      if locked == 0 || errno != EWOULDBLOCK { return true }
      usleep(20_000)
    }
    return false
  }

  deinit { close(descriptor) }

  /// Whether `other`, where there is such a file, is this one.
  public func isSameFile(as other: String) -> Bool {
    var (own, found) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && stat(other, &found) == 0
      && FileIdentity(own) == FileIdentity(found)
  }

  /// Up to `count` bytes from `offset` on; fewer only at the end.
  public func read(at offset: Int, count: Int) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(count, size - offset)))
    var done = 0
    while done < bytes.count {
      let found = bytes.withUnsafeMutableBytes { buffer in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        return retryingInterrupted {
          pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
        }
      }
      guard found >= 0 else { throw .system("read", path, errno: errno) }
      if found == 0 { break }
      done += found
    }
    bytes.removeLast(bytes.count - done)
    return bytes
  }

  /// Gives `take` each whole line from the byte `start` on, without its end, and the bytes it has.
  /// Returns the rest after the last: an unfinished line.
  public func readLines(
    from start: Int, _ take: (_ line: [UInt8], _ place: Range<Int>) throws(Failure) -> Void
  ) throws(Failure) -> [UInt8] {
    var (lines, position, lineStart) = (LineBuffer(), start, start)
    while position < size {
      let chunk = try read(at: position, count: 1 << 20)
      if chunk.isEmpty { break }
      position += chunk.count
      for line in lines.add(chunk[...]) {
        try take(line, lineStart..<lineStart + line.count)
        lineStart += line.count + 1
      }
    }
    return lines.rest
  }

  /// Appends `bytes`, or if that fails leaves the file as it was.
  public func append(_ bytes: [UInt8]) throws(Failure) {
    do throws(Failure) {
      try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
        try writeAll(UnsafeRawBufferPointer(bytes), to: descriptor, name: path)
      }
    } catch {
      // What a full disk took of it would stand before the next line.
      _ = retryingInterrupted { ftruncate(descriptor, off_t(size)) }
      throw error
    }
    size += bytes.count
  }

  /// Throws `file/removed` where the file has no name any more, and `file/cut` where others have cut what
  /// was whole: who goes on then writes for nobody. `remedy`: what to do.
  public func checkIntact(remedy: String) throws(Failure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("stat", path, errno: errno) }
    guard status.st_nlink > 0 else {
      throw Failure(
        .inputOutput, code: "file/removed", at: path,
        "the file was removed or replaced while it was written", remedy: remedy)
    }
    guard status.st_size >= size else {
      throw Failure(
        .inputOutput, code: "file/cut", at: path,
        "the file was cut while it was written: expected \(grouped(size)) bytes or more, found"
          + " \(grouped(Int(status.st_size)))", remedy: remedy)
    }
  }

  /// Truncates the file to its first `count` bytes.
  public func truncate(to count: Int) throws(Failure) {
    guard retryingInterrupted({ ftruncate(descriptor, off_t(count)) }) == 0 else {
      throw .system("truncate", path, errno: errno)
    }
    size = count
  }

  /// Flushes what was written, so that it survives a power cut.
  public func synchronize() throws(Failure) {
    guard InputOutput.synchronize(descriptor) == 0 else {
      throw .system("fsync", path, errno: errno)
    }
  }
}
