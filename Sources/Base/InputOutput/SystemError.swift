// Failures of system calls as `Failure`.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

extension Failure {
  /// The operating system's message when it refused `action`, a verb such as `open`.
  public static func system(_ action: String, _ place: String, errno code: Int32) -> Failure {
    var remedy: String?
    switch code {
    case ENOMEM: return .outOfMemory(at: place)
    case EFBIG: remedy = "raise ulimit -f"
    case ENOSPC, EDQUOT: remedy = "free some space and run again"
    case EMFILE: remedy = "raise ulimit -n, or use fewer threads with -j"
    case ENFILE, ENOMEM: remedy = "run it again when the system has more to give"
    case EIO: remedy = "check the disk or the mount, and run again"
    case EACCES, EPERM: remedy = "check the permissions"
    case ENOENT: remedy = "check the path"
    case EISDIR where action == "read":
      remedy = "name a file in it, or pipe in a list of its files: find DIR -type f"
    case EISDIR: remedy = "name a file in it"
    default: break
    }
    return Failure(
      .inputOutput, code: "io/\(action)", at: place,
      "\(action): \(String(cString: strerror(code)))", remedy: remedy,
      kind: tellsOfPath(code) ? .ordinary : .system)
  }

  /// Whether the system says by `code` that there is nothing at a path for this process to use, or nothing
  /// that it may write there: other paths are none the worse.
  static func tellsOfPath(_ code: Int32) -> Bool {
    switch code {
    case ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EACCES, EPERM, EINVAL, EISDIR, EROFS: true
    default: false
    }
  }

  /// The failure of an allocation of `byteCount` bytes, or of an unknown number.
  public static func outOfMemory(
    _ byteCount: Int? = nil, at place: String? = nil,
    remedy: String = "raise ulimit -v, or use fewer threads with -j"
  ) -> Failure {
    Failure(
      .limitExceeded, code: "memory/exhausted", at: place,
      "no memory for \(byteCount.map { "\($0) bytes" } ?? "the work")", remedy: remedy,
      kind: .shortage)
  }

  static func interrupted(_ place: String) -> Failure {
    Failure(
      .inputOutput, code: "io/interrupted", at: place, "stopped by a signal", kind: .interrupted)
  }
}

/// Repeats a system call that a signal interrupted.
package func retryingInterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result < 0, errno == EINTR { continue }
    return result
  }
}

/// open(2) of what may be a pipe that nobody has open at its other end, for which it waits: a signal
/// that is to end the process ends it there.
package func openWaiting(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
  while true {
    let result = open(path, flags)
    guard result < 0, errno == EINTR else { return result }
    let signal = llava_pending_signal()
    if signal != 0 { llava_die_by_signal(signal) }
  }
}

/// Waits until `descriptor` is ready, or a signal comes: someone else may have made it non-blocking.
func waitUntilReady(_ descriptor: Int32, for events: Int32, name: String) throws(Failure) {
  var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
  if poll(&entry, 1, -1) < 0, errno != EINTR { throw .system("poll", name, errno: errno) }
}

/// fsync(2), through interruptions.
package func synchronize(_ descriptor: Int32) -> Int32 { retryingInterrupted { fsync(descriptor) } }

/// close(2) of a file that was written. Linux has closed it even where it says that it was interrupted.
func closeWritten(_ descriptor: Int32) -> Int32 {
  let result = close(descriptor)
  return result < 0 && errno == EINTR ? 0 : result
}
