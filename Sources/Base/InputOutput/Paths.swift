// Paths: their parts, and refusal of those that the system would read differently.
// SPDX-License-Identifier: Apache-2.0

/// Longer paths are beyond what the system takes (PATH_MAX, its final NUL included).
public let longestPath = 4095

/// Throws `path/invalid` for a path that names no file: an empty one, one that holds a NUL, at
/// which the system would cut it, or one that is too long. The fault is the user's, status 2, or
/// the record's where `isNamedByData`.
public func checkPath(_ path: String, isNamedByData: Bool = false) throws(Failure) {
  let status = isNamedByData ? ExitStatus.invalidInput : .usage
  if path.isEmpty {
    throw Failure(status, code: "path/invalid", "expected a path, found an empty one")
  }
  guard !path.utf8.contains(0) else {
    throw Failure(status, code: "path/invalid", at: path, "the path holds a NUL")
  }
  let count = path.utf8.count
  guard count <= longestPath else {
    throw Failure(
      status, code: "path/invalid", at: "\(path.prefix(bytes: 60))...",
      "expected a path of at most \(longestPath) bytes, found \(count)",
      kind: isNamedByData ? .unreadableFile : .ordinary)
  }
}

/// The directory that holds `path`, and its name there: `.` where the path names none.
public func splitPath(_ path: String) -> (directory: String, name: String) {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
  let directory = path[..<slash]
  return (
    directory.isEmpty ? "/" : String(directory), String(path[path.utf8.index(after: slash)...])
  )
}
