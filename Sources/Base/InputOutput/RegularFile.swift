// Opening and reading files that must be regular ones: never a device, a pipe or a directory.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A descriptor of a regular file that is closed with its owner.
final class RegularFile {
  let descriptor: Int32
  let path: String
  let size: Int

  /// Throws `path/invalid`, `io/open`, or `file/not-regular` when `path` names something else;
  /// `path/missing` for what is not there where the data name it, not the user.
  convenience init(path: String, isNamedByData: Bool = false) throws(Failure) {
    try checkPath(path, isNamedByData: isNamedByData)
    // O_NONBLOCK: opening a FIFO that nobody writes would wait for ever.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let opened = retryingInterrupted { open(path, flags) }
    guard opened >= 0 else {
      let code = errno
      if isNamedByData, [ENOENT, ENOTDIR, ENAMETOOLONG].contains(code) {
        throw Failure(
          .invalidInput, code: "path/missing", at: path, "no such file", remedy: "check the path")
      }
      throw .system("open", path, errno: code)
    }
    try self.init(adopting: opened, path: path)
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
      throw Failure(
        .invalidInput, code: "file/not-regular", at: path,
        "expected a regular file, found \(Self.kind(status.st_mode))")
    }
    self.descriptor = descriptor
    self.path = path
    size = Int(status.st_size)
    try OutputClaims.check(descriptor, path)
  }

  deinit { close(descriptor) }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  /// All bytes. Throws `file/too-large` above `limit`; a file that grows meanwhile is cut there.
  func readAll(limit: Int) throws(Failure) -> [UInt8] {
    guard size <= limit else { throw tooLarge(limit) }
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
/// Throws `path/invalid`, `io/open`, `io/read`, `file/not-regular` or `file/too-large`. A file that
/// is not there is `path/missing` with `isNamedByData`: then a record is at fault, not the system.
public func readWholeFile(_ path: String, limit: Int, isNamedByData: Bool = false)
  throws(Failure) -> [UInt8]
{
  try RegularFile(path: path, isNamedByData: isNamedByData).readAll(limit: limit)
}
