// Writing to a descriptor completely, or reporting a failure.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Writes to a descriptor with `write(2)` until every byte is written.
///
/// SIGPIPE keeps its default action, so a reader that closes the pipe ends the process quietly.
public final class FileSink: ByteSink {
  public let name: String
  private let descriptor: Int32

  /// Writes to `descriptor`, which stays open afterwards.
  public init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    isTerminal = isatty(descriptor) == 1
  }

  public static var standardOutput: FileSink { FileSink(descriptor: 1, name: "stdout") }

  public let isTerminal: Bool

  /// True for a file on disk, where an error shows late and a hash is worth its time.
  public var isRegularFile: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    try writeAll(bytes, to: descriptor, name: name)
  }

  public func finish() throws(Failure) {
    // Closing a copy shows errors that only close(2) reports, and keeps the descriptor taken.
    let copy = dup(descriptor)
    guard copy >= 0 else { throw .system("write", name, errno: errno) }
    if closeWritten(copy) != 0 { throw .system("write", name, errno: errno) }
  }
}

/// The one write loop of the suite.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String)
  throws(Failure)
{
  var rest = bytes
  while let base = rest.baseAddress, rest.count > 0 {
    let count = Glibc.write(descriptor, base, rest.count)
    if count >= 0 {
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    } else if errno == EAGAIN {
      try waitUntilReady(descriptor, for: POLLOUT, name: name)
    } else if errno != EINTR {
      throw .system("write", name, errno: errno)
    }
  }
}
