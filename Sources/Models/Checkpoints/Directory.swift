// A directory of a model's files.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A directory that exists.
struct Directory: Equatable {
  let path: String

  /// Nil when `path` is not a directory. This and all that follows throw `io/stat` where the system
  /// cannot say.
  init?(_ path: String) throws(Failure) {
    guard let status = try fileStatus(path), status.st_mode & S_IFMT == S_IFDIR else { return nil }
    self.path = path
  }

  /// The directory `path`, or the one that holds the file `path`; nil where there is neither.
  init?(holding path: String) throws(Failure) {
    if let found = try Directory(path) {
      self = found
    } else if let found = try Directory(splitPath(path).directory) {
      self = found
    } else {
      return nil
    }
  }

  func path(of name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  /// Whether there is such a name. A link that leads nowhere counts: who opens it is told, where it
  /// would otherwise pass for a file that the model does without.
  func contains(_ name: String) throws(Failure) -> Bool {
    try fileExists(path(of: name), followingLinks: false)
  }

  /// The first of `names` that is there.
  func first(of names: [String]) throws(Failure) -> String? {
    for name in names where try contains(name) { return name }
    return nil
  }

  /// Whether the name leads to something.
  func holds(_ name: String) throws(Failure) -> Bool { try fileExists(path(of: name)) }

  /// The names in it, ascending; see `namesInDirectory`.
  func entries(limit: Int) throws(Failure) -> [String] {
    try namesInDirectory(path, limit: limit)
  }
}
