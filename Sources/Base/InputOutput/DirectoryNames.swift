// The names in a directory.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

/// The names in the directory `path`, except those that begin with a dot, ascending: all of them, or
/// some `limit` of a directory that has more. Throws `io/open` or `io/read` where it cannot be read.
public func namesInDirectory(_ path: String, limit: Int, hidden: Bool = false) throws(Failure)
  -> [String]
{
  guard let stream = opendir(path) else { throw .system("open", path, errno: errno) }
  defer { closedir(stream) }
  var names: [String] = []
  while names.count < limit {
    errno = 0
    guard let entry = readdir(stream) else {
      guard errno == 0 else { throw .system("read", path, errno: errno) }
      break
    }
    // In place: the system gives each entry no more memory than its name takes.
    let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
      name.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
    }
    if name.hasPrefix(".") == hidden, name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

extension FilePath {
  /// The names in this directory for which `isWanted` holds, ascending by bytes; `.` and `..` are none.
  /// Throws `io/open` or `io/read`.
  public func names(where isWanted: (FilePath) -> Bool) throws(Failure) -> [FilePath] {
    guard let stream = withCString({ opendir($0) }) else {
      throw .system("open", shown, errno: errno)
    }
    defer { closedir(stream) }
    var names: [FilePath] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw .system("read", shown, errno: errno) }
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 1) { name in
          let bytes = UnsafeBufferPointer(start: name, count: strlen(name))
          return FilePath(bytes: bytes.lazy.map(UInt8.init(bitPattern:)))
        }
      }
      if ![[0x2E], [0x2E, 0x2E]].contains(name.bytes), isWanted(name) { names.append(name) }
    }
    return names.sorted()
  }
}

/// Removes the directory `path` and the files in it; what cannot be removed stays.
public func removeFlatDirectory(_ path: String) { llava_remove_temporary(path) }
