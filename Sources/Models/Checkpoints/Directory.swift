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

  /// The directory `path`, or the one that holds the file `path`; nil where there is neither.
  init?(holding path: String) {
    guard let found = Directory(path) ?? Directory(splitPath(path).directory) else { return nil }
    self = found
  }

  func path(of name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  /// Whether there is such a name. A link that leads nowhere counts: who opens it is told, where it
  /// would otherwise pass for a file that the model does without.
  func contains(_ name: String) -> Bool {
    var status = stat()
    return lstat(path(of: name), &status) == 0
  }

  /// Whether the name leads to something.
  func holds(_ name: String) -> Bool { access(path(of: name), F_OK) == 0 }

  /// The names in it, ascending; see `namesInDirectory`.
  func entries(limit: Int) throws(Failure) -> [String] {
    try namesInDirectory(path, limit: limit)
  }
}
