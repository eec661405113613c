// What is at a path, as distinct from a system that cannot tell.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The status of `path`; nil if there is nothing, or nothing that this process may see.
///
/// Throws `io/stat` where it cannot say, as on a disk that fails: whoever took that for an absent file
/// would go on without what belongs to a model.
public func fileStatus(_ path: String, followingLinks: Bool = true) throws(Failure) -> stat? {
  var status = stat()
  if (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 { return status }
  let code = errno
  guard Failure.tellsOfPath(code) else { throw .system("stat", path, errno: code) }
  return nil
}

/// Whether there is something at `path`. Throws as `fileStatus`.
public func fileExists(_ path: String, followingLinks: Bool = true) throws(Failure) -> Bool {
  try fileStatus(path, followingLinks: followingLinks) != nil
}
