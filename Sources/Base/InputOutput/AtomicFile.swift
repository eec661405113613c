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
  private let target: FilePath
  private let temporary: TemporaryFile?
  private var isOpen = true

  /// Throws `path/invalid`, or what the other one throws.
  public convenience init(path: String, shownName: String? = nil) throws(Failure) {
    try checkPath(path)
    try self.init(FilePath(path), shownName: shownName)
  }

  /// Throws `io/create` when the file cannot be made, `file/dangling-link` for a link that leads nowhere.
  /// `shownName`: what messages call the file, where its own path says nothing to the user.
  public init(_ path: FilePath, shownName: String? = nil) throws(Failure) {
    name = shownName ?? path.shown
    // Said now, not when all is written: the temporary file has a shorter name.
    guard path.name.bytes.count <= Int(NAME_MAX) else {
      throw .system("create", name, errno: ENAMETOOLONG)
    }
    let status = try path.found()
    if let status, status.st_mode & S_IFMT != S_IFREG {
      let opened = path.withCString { openWaiting($0, O_WRONLY | O_CLOEXEC) }
      guard opened >= 0 else { throw .system("open", name, errno: errno) }
      (descriptor, target, temporary) = (opened, path, nil)
      return
    }
    if path.isDanglingLink { throw .danglingLink(name) }
    target = status == nil ? path : path.resolved
    let file = try TemporaryFile(
      beside: target, mode: status.map { $0.st_mode & 0o777 } ?? 0o666, shownName: name)
    (descriptor, temporary) = (file.descriptor, file)
  }

  deinit { discard() }

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
    // Renamed before it is closed: its lock tells others that it is not abandoned.
    let renamed = temporary.path.withCString { from in target.withCString { rename(from, $0) } }
    guard renamed == 0 else {
      let code = errno
      discard()
      throw .system("rename", name, errno: code)
    }
    isOpen = false
    temporary.forget()
    guard closeWritten(descriptor) == 0 else { throw .system("close", name, errno: errno) }
    try synchronizeDirectory(target.directory, shownName: name)
  }

  /// Leaves no trace. Harmless after `finish`.
  public func discard() {
    guard isOpen else { return }
    isOpen = false
    temporary?.path.remove()
    close(descriptor)
    temporary?.forget()
  }
}

extension Failure {
  /// What would be written is a link, `name`, to something that is not there.
  public static func danglingLink(_ name: String) -> Failure {
    Failure(
      .inputOutput, code: "file/dangling-link", at: name, "the link leads to nothing",
      remedy: "make what it leads to, or remove the link")
  }
}

/// Makes a rename inside `path` last through a power cut. `shownName`: what messages call it, where its
/// own path says nothing to the user.
public func synchronizeDirectory(_ path: String, shownName: String? = nil) throws(Failure) {
  try synchronizeDirectory(FilePath(path), shownName: shownName)
}

/// The same for a path that need not be text.
public func synchronizeDirectory(_ path: FilePath, shownName: String? = nil) throws(Failure) {
  let descriptor = path.withCString { path in
    retryingInterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }
  guard descriptor >= 0 else { throw .system("open", shownName ?? path.shown, errno: errno) }
  defer { close(descriptor) }
  // Some file systems cannot flush a directory and say so.
  if synchronize(descriptor) != 0, errno != EINVAL, errno != EROFS {
    throw .system("fsync", shownName ?? path.shown, errno: errno)
  }
}
