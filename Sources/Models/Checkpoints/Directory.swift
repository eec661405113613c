// A directory of a model's files.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A directory that exists.
struct Directory: Equatable {
  let path: String

  /// Nil when `path` is not a directory.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    self.path = path
  }

  func path(of name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  func contains(_ name: String) -> Bool { access(path(of: name), F_OK) == 0 }

  /// The names in it, ascending; see `namesInDirectory`.
  func entries(limit: Int) throws(Failure) -> [String] {
    try namesInDirectory(path, limit: limit)
  }
}
