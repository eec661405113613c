// A file that appears under its name only when it is complete.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

/// Writes a temporary file beside `path` and renames it when finished; removes it on failure.
///
/// Devices and pipes (`/dev/null`, a FIFO) are written in place: there is nothing to keep whole.
public final class AtomicFile: ByteSink {
  public let name: String
  private let descriptor: Int32
  private let target: String
  private let temporary: String?
  private let slot: Int32
  private var isOpen = true

  /// Throws `path/invalid`, or `io/create` when the file cannot be made. `shownName`: what messages
  /// call the file, where its own path says nothing to the user.
  public init(path: String, shownName: String? = nil) throws(Failure) {
    try checkPath(path)
    // Said now, not when all is written: the temporary file has a shorter name.
    guard splitPath(path).name.utf8.count <= Int(NAME_MAX) else {
      throw .system("create", shownName ?? path, errno: ENAMETOOLONG)
    }
    name = shownName ?? path
    let status = try fileStatus(path)
    if let status, status.st_mode & S_IFMT != S_IFREG {
      let opened = retryingInterrupted { open(path, O_WRONLY | O_CLOEXEC) }
      guard opened >= 0 else { throw .system("open", path, errno: errno) }
      (descriptor, target, temporary, slot) = (opened, path, nil, -1)
      return
    }
    target = status == nil ? path : try Self.resolved(path)
    let mode = status.map { $0.st_mode & 0o777 } ?? 0o666
    let created = try Self.createBeside(target, shownName: name, mode: mode)
    (descriptor, temporary) = (created.descriptor, created.path)
    slot = llava_register_temporary(created.path)
  }

  deinit { discard() }

  /// A link stays a link: its target is what gets replaced.
  private static func resolved(_ path: String) throws(Failure) -> String {
    guard let resolved = realpath(path, nil) else { throw .system("create", path, errno: errno) }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func createBeside(
    _ target: String, shownName: String, mode: mode_t
  ) throws(Failure) -> (descriptor: Int32, path: String) {
    let (directory, name) = splitPath(target)
    // With a tag of 13 bytes at most, the name stays within the 255 that file systems take.
    let start = prefix(of: name, bytes: 200)
    for _ in 0..<100 {
      let tag = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      let path = "\(directory)/.\(start).\(tag).tmp"
      let opened = retryingInterrupted { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) }
      if opened >= 0 { return (opened, path) }
      if errno != EEXIST { throw .system("create", shownName, errno: errno) }
    }
    throw .system("create", shownName, errno: EEXIST)
  }

  /// As much of `text` as fits into `bytes` of UTF-8.
  static func prefix(of text: String, bytes: Int) -> String {
    var left = bytes
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix {
          left -= UTF8.width($0)
          return left >= 0
        }))
  }

  /// True when the bytes go to a regular file.
  public var isRegularFile: Bool { temporary != nil }

  public var isTerminal: Bool { isatty(descriptor) == 1 }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    precondition(isOpen, "write after the end of \(name)")
    do { try writeAll(bytes, to: descriptor, name: name) } catch {
      discard()
      throw error
    }
  }

  /// Flushes, renames, and flushes the directory.
  public func finish() throws(Failure) {
    precondition(isOpen, "finished twice: \(name)")
    guard let temporary else {
      isOpen = false
      if closeWritten(descriptor) != 0 { throw .system("close", name, errno: errno) }
      return
    }
    if synchronize(descriptor) != 0 {
      let code = errno
      discard()
      throw .system("fsync", name, errno: code)
    }
    isOpen = false
    let closed = closeWritten(descriptor)
    guard closed == 0, rename(temporary, target) == 0 else {
      let code = errno
      unlink(temporary)
      llava_forget_temporary(slot)
      throw .system("rename", name, errno: code)
    }
    llava_forget_temporary(slot)
    try synchronizeDirectory(splitPath(target).directory, shownName: name)
  }

  /// Leaves no trace. Harmless after `finish`.
  public func discard() {
    guard isOpen else { return }
    isOpen = false
    close(descriptor)
    if let temporary { unlink(temporary) }
    llava_forget_temporary(slot)
  }
}

/// Makes a rename inside `path` last through a power cut. `shownName`: what messages call it, where its
/// own path says nothing to the user.
public func synchronizeDirectory(_ path: String, shownName: String? = nil) throws(Failure) {
  let descriptor = retryingInterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  guard descriptor >= 0 else { throw .system("open", shownName ?? path, errno: errno) }
  defer { close(descriptor) }
  // Some file systems cannot flush a directory and say so.
  if synchronize(descriptor) != 0, errno != EINVAL, errno != EROFS {
    throw .system("fsync", shownName ?? path, errno: errno)
  }
}
