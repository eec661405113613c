// Opening and reading files that must be regular ones: never a device, a pipe or a directory.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A descriptor of a regular file that is closed with its owner.
public final class RegularFile: Sendable {
  let descriptor: Int32
  public let path: String
  /// In bytes, when it was opened.
  public let size: Int
  private let modified: (seconds: Int, nanoseconds: Int)

  /// Throws `path/invalid`, `io/open`, or `file/not-regular` when `path` names something else;
  /// where the data name it, not the user, what `Failure.opening` throws.
  public convenience init(path: String, isNamedByData: Bool = false) throws(Failure) {
    try checkPath(path, isNamedByData: isNamedByData)
    // O_NONBLOCK: opening a FIFO that nobody writes would wait for ever.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let opened = openWaiting(path, flags)
    guard opened >= 0 else {
      let code = errno
      throw isNamedByData ? .opening(path, errno: code) : .system("open", path, errno: code)
    }
    try self.init(adopting: opened, path: path)
    if isNamedByData { try refuseKernelFile() }
  }

  /// Takes over `descriptor`. Throws `usage/same-file` where the process will replace the file.
  init(adopting descriptor: Int32, path: String) throws(Failure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .system("stat", path, errno: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Self.notRegular(path, status.st_mode)
    }
    self.descriptor = descriptor
    self.path = path
    size = Int(status.st_size)
    modified = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    try OutputClaims.check(descriptor, path)
  }

  deinit { close(descriptor) }

  static func notRegular(_ path: String, _ mode: mode_t) -> Failure {
    let kind =
      switch mode & S_IFMT {
      case S_IFDIR: "a directory"
      case S_IFIFO: "a pipe"
      case S_IFSOCK: "a socket"
      default: "a device"
      }
    return Failure(
      .invalidInput, code: "file/not-regular", at: path,
      "expected a regular file, found \(kind)",
      remedy: mode & S_IFMT == S_IFDIR ? "name a file in it" : "save the data in a file first")
  }

  /// The `count` bytes from `place` on, fewer at the end of the file. Throws `io/read`.
  public func read(at place: Int, count: Int) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(count, size - place)))
    let filled = try bytes.withUnsafeMutableBufferPointer { (bytes) throws(Failure) -> Int in
      let bytes = UnsafeMutableRawBufferPointer(bytes)
      var filled = 0
      while filled < bytes.count {
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
        let count = pread(descriptor, room.baseAddress, room.count, off_t(place + filled))
        if count == 0 { break }
        if count > 0 {
          filled += count
        } else if errno != EINTR {
          throw .system("read", path, errno: errno)
        }
      }
      return filled
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// Whether the file is unchanged since it was opened, as far as its times tell.
  public var isUnchanged: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && Int(status.st_size) == size
      && modified == (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
  }

  /// All bytes. Throws `file/too-large` above `limit`; a file that grows meanwhile is cut there.
  public func readAll(limit: Int, willRead: (Int) -> Void = { _ in }) throws(Failure) -> [UInt8] {
    guard size <= limit else { throw tooLarge(limit) }
    willRead(size)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 1)
    let source = FileSource(descriptor: descriptor, name: path)
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = try source.read(into: chunk)
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw tooLarge(limit) }
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
    }
  }

  private func tooLarge(_ limit: Int) -> Failure {
    Failure(
      .limitExceeded, code: "file/too-large", at: path,
      "expected at most \(limit) bytes, found \(max(size, limit + 1)) or more")
  }
}

/// The bytes of the regular file `path`, of which there may be at most `limit`.
/// Throws `path/invalid`, `io/open`, `io/read`, `file/not-regular` or `file/too-large`. With
/// `isNamedByData` a file that a record should not have named is `path/missing` or `path/refused`.
/// Before memory is taken `willRead` gets the size.
public func readWholeFile(
  _ path: String, limit: Int, isNamedByData: Bool = false, willRead: (Int) -> Void = { _ in }
) throws(Failure) -> [UInt8] {
  let file = try RegularFile(path: path, isNamedByData: isNamedByData)
  return try file.readAll(limit: limit, willRead: willRead)
}

/// All bytes of a source of unknown length, of which there may be at most `limit`.
/// Throws what reading throws, or `file/too-large`.
public func readWhole(_ source: any ByteSource, limit: Int) throws(Failure) -> [UInt8] {
  var bytes: [UInt8] = []
  let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  defer { chunk.deallocate() }
  while true {
    let count = try source.read(into: chunk)
    if count == 0 { return bytes }
    guard count <= limit - bytes.count else {
      throw Failure(
        .limitExceeded, code: "file/too-large", at: source.name,
        "expected at most \(limit) bytes, found more")
    }
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
  }
}
