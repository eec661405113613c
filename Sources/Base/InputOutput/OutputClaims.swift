// The files that the process will replace, so that it reads none of them.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Outputs that are known before the first input is opened. Every input is compared with them by device
/// and inode: a link or another spelling is the same file.
public enum OutputClaims {
  private struct Claims {
    var files: Set<FileIdentity> = []
    /// The directories that those files lie in.
    var directories: Set<FileIdentity> = []
    /// Directories that are written into, and those around them.
    var enclosing: Set<FileIdentity> = []
  }

  private static let claims = Mutex(Claims())

  /// Says that `path` will be replaced. A path that names no regular file yet can be no input.
  /// Throws `usage/same-file` where another output claims the same file.
  public static func claim(_ path: String) throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    let directory = parent(of: path)
    let isNew = claims.withLock { claims in
      if let directory { claims.directories.insert(directory) }
      return claims.files.insert(FileIdentity(status)).inserted
    }
    guard isNew else {
      throw Failure(.usage, code: "usage/same-file", at: path, "two outputs are the same file")
    }
  }

  /// Says that the directory `path`, made or not, will be written into. It may lie in none that
  /// `checkDirectory` is asked about.
  public static func claimDirectory(_ path: String) {
    var place = path
    var resolved = realpath(place, nil)
    // Up to the nearest that is there already.
    while resolved == nil, place != splitPath(place).directory {
      place = splitPath(place).directory
      resolved = realpath(place, nil)
    }
    guard let resolved else { return }
    defer { free(resolved) }
    var status = stat()
    while stat(resolved, &status) == 0 {
      let identity = FileIdentity(status)
      claims.withLock { _ = $0.enclosing.insert(identity) }
      guard let slash = strrchr(resolved, Int32(UInt8(ascii: "/"))), slash != resolved else {
        return
      }
      slash.pointee = 0
    }
  }

  /// Of the file itself, where `path` is a link to it.
  private static func parent(of path: String) -> FileIdentity? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    var status = stat()
    guard let slash = strrchr(resolved, Int32(UInt8(ascii: "/"))) else { return nil }
    (slash == resolved ? slash + 1 : slash).pointee = 0
    return stat(resolved, &status) == 0 ? FileIdentity(status) : nil
  }

  /// Throws `usage/same-file` where an output would replace a file in the directory `path`: all
  /// that lies in a model's directory belongs to it, whether or not this tool reads it; and where an
  /// output directory would lie in it.
  public static func checkDirectory(_ path: String) throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    guard !claims.withLock({ $0.directories.contains(FileIdentity(status)) }) else {
      throw Failure(
        .usage, code: "usage/same-file", at: path,
        "the output would replace a file of this model", remedy: "name another output")
    }
    guard !claims.withLock({ $0.enclosing.contains(FileIdentity(status)) }) else {
      throw Failure(
        .usage, code: "usage/same-file", at: path,
        "the output would lie in the directory of this model", remedy: "name another output")
    }
  }

  /// Throws `usage/same-file` where the file of `descriptor`, which is to be read, is claimed.
  static func check(_ descriptor: Int32, _ name: String) throws(Failure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return }
    guard !claims.withLock({ $0.files.contains(FileIdentity(status)) }) else {
      throw Failure(
        .usage, code: "usage/same-file", at: name,
        "the output would replace this input", remedy: "name another output")
    }
  }
}
