// The files that the process will replace, so that it reads none of them.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Outputs that are known before the first input is opened. Whatever is then read is held against
/// them, by device and inode: a link or another spelling is the same file.
public enum OutputClaims {
  private struct Identity: Hashable {
    let device: dev_t
    let inode: ino_t

    init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }
  }

  private static let claimed = Mutex<Set<Identity>>([])

  /// Says that `path` will be replaced. A path that names no regular file yet can be no input.
  /// Throws `usage/same-file` where another output claims the same file.
  public static func claim(_ path: String) throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    let isNew = claimed.withLock { $0.insert(Identity(status)).inserted }
    guard isNew else {
      throw Failure(.usage, code: "usage/same-file", at: path, "two outputs are the same file")
    }
  }

  /// Throws `usage/same-file` where the file of `descriptor`, which is to be read, is claimed.
  static func check(_ descriptor: Int32, _ name: String) throws(Failure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return }
    guard !claimed.withLock({ $0.contains(Identity(status)) }) else {
      throw Failure(
        .usage, code: "usage/same-file", at: name,
        "the output would replace this input", remedy: "name another output")
    }
  }
}
