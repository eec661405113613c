// Reading a descriptor: a pipe, a file or a terminal.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

/// Reads a descriptor with `read(2)`, through interruptions and non-blocking descriptors.
public final class FileSource: ByteSource {
  public let name: String
  private let descriptor: Int32
  private let owned: Bool

  /// Reads `descriptor`, which stays open afterwards.
  public init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    owned = false
  }

  /// Opens `path`, which may be a pipe. Throws `path/invalid`, `io/open` or `usage/same-file`.
  public init(path: String) throws(Failure) {
    try checkPath(path)
    let opened = openWaiting(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw .system("open", path, errno: errno) }
    descriptor = opened
    name = path
    owned = true
    try checkIsNoOutput()
  }

  /// Throws `usage/same-file` if the process will replace this file.
  public func checkIsNoOutput() throws(Failure) { try OutputClaims.check(descriptor, name) }

  deinit { if owned { close(descriptor) } }

  public static var standardInput: FileSource { FileSource(descriptor: 0, name: "stdin") }

  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Whether the input can be read again.
  public var isRegularFile: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
    while true {
      let isReady = llava_wait_for_input(descriptor) == 0
      let count = isReady ? Glibc.read(descriptor, base, buffer.count) : -1
      if count >= 0 { return count }
      switch errno {
      case EINTR: break
      case EAGAIN: try waitUntilReady(descriptor, for: POLLIN, name: name)
      default: throw .system("read", name, errno: errno)
      }
      try Interruption.check(name)
    }
  }
}
