// Repairing the end of a file in place, at the user's request.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Keeps the first `count` bytes of the regular file `path`, which must have `size` bytes, and appends
/// `ending` to them. Throws `io/…`, or `file/changed` if another process is still writing to it.
public func mendEnd(of path: String, size: Int, keeping count: Int, ending: [UInt8])
  throws(Failure)
{
  precondition((0...size).contains(count))
  let descriptor = retryingInterrupted { open(path, O_WRONLY | O_APPEND | O_CLOEXEC) }
  guard descriptor >= 0 else { throw .system("open", path, errno: errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw .system("stat", path, errno: errno) }
  guard Int(status.st_size) == size else {
    throw Failure(
      .invalidInput, code: "file/changed", at: path, "the file was changed while it was read",
      remedy: "wait until the run that writes it has ended")
  }
  guard retryingInterrupted({ ftruncate(descriptor, off_t(count)) }) == 0 else {
    throw .system("truncate", path, errno: errno)
  }
  try ending.withUnsafeBufferPointer { (bytes) throws(Failure) in
    try writeAll(UnsafeRawBufferPointer(bytes), to: descriptor, name: path)
  }
  guard synchronize(descriptor) == 0 else { throw .system("fsync", path, errno: errno) }
}
