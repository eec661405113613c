// Files beneath one directory, and none outside it, whatever the path says.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

/// A directory that paths from the data are confined to: the kernel refuses `..`, absolute paths
/// and links that lead out.
public final class FileRoot: @unchecked Sendable {
  // Sendable: nothing changes after init.
  public let path: String
  private let descriptor: Int32
  private let usesKernel: Bool

  /// `usesKernel: false` forces the walk that stands in for openat2(2) where it is missing.
  public init(path: String, usesKernel: Bool = true) throws(Failure) {
    try checkPath(path)
    let opened = retryingInterrupted { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard opened >= 0 else { throw .system("open", path, errno: errno) }
    descriptor = opened
    self.path = path
    self.usesKernel = usesKernel
  }

  deinit { close(descriptor) }

  /// The bytes of the regular file `name`, at most `limit` of them. Before memory is taken
  /// `willRead` gets the size.
  ///
  /// Throws `path/invalid`, `path/outside-root`, `path/missing`, `path/refused`,
  /// `file/not-regular`, `file/too-large`, `io/open` or `io/read`.
  public func read(
    _ name: String, limit: Int, willRead: (Int) -> Void = { _ in }
  ) throws(Failure) -> [UInt8] {
    try open(name).readAll(limit: limit, willRead: willRead)
  }

  /// The regular file `name`. Throws what `read` throws before it reads.
  public func open(_ name: String) throws(Failure) -> RegularFile {
    let file = try RegularFile(adopting: try openFile(name), path: name)
    try file.refuseKernelFile()
    return file
  }

  /// Whether there is something at `name` that is no directory, whoever may read it.
  public func hasOtherThanDirectory(_ name: String) -> Bool {
    guard let found = try? openFile(name, llava_path_only | O_CLOEXEC) else { return false }
    defer { close(found) }
    var status = stat()
    return fstat(found, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
  }

  private func openFile(
    _ name: String, _ flags: Int32 = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
  ) throws(Failure) -> Int32 {
    try checkPath(name, isNamedByData: true)
    guard name.utf8.first != UInt8(ascii: "/") else {
      throw Failure(
        .invalidInput, code: "path/outside-root", at: name,
        "expected a path relative to \(escapedForTerminal(path)), found an absolute one",
        remedy: "list the paths as they are beneath it")
    }
    var opened: Int32 = -1
    if usesKernel {
      opened = llava_openat2_beneath(descriptor, name, flags)
      if opened < 0, errno == ENOSYS || errno == EPERM || errno == EINVAL {
        opened = try walk(name, flags)
      }
    } else {
      opened = try walk(name, flags)
    }
    if opened >= 0 { return opened }
    switch errno {
    case EXDEV, ELOOP: throw outside(name)
    case let code: throw .opening(name, errno: code, in: descriptor, root: path)
    }
  }

  /// Opens one component after the other and follows no link at all.
  private func walk(_ name: String, _ flags: Int32) throws(Failure) -> Int32 {
    let components = name.split(atByte: UInt8(ascii: "/")).filter { !$0.isEmpty && $0 != "." }
    guard let last = components.last, !components.contains("..") else { throw outside(name) }
    var directory = descriptor
    defer { if directory != descriptor { close(directory) } }
    for component in components.dropLast() {
      let next = retryingInterrupted {
        openat(directory, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      }
      let code = errno
      if directory != descriptor { close(directory) }
      directory = next
      guard next >= 0 else {
        directory = descriptor
        errno = code
        return -1
      }
    }
    return retryingInterrupted { openat(directory, last, flags | O_NOFOLLOW) }
  }

  private func outside(_ name: String) -> Failure {
    Failure(
      .invalidInput, code: "path/outside-root", at: name,
      "the path leads out of \(escapedForTerminal(path))",
      remedy: "paths must stay beneath the image root")
  }
}
