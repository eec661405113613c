// The names in a directory.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

/// The names in the directory `path`, except those that begin with a dot, ascending: all of them, or
/// some `limit` of a directory that has more. Throws `io/open` or `io/read` where it cannot be read.
public func namesInDirectory(_ path: String, limit: Int, hidden: Bool = false) throws(Failure)
  -> [String]
{
  var names: [String] = []
  try forEachName(in: opendir(path), called: path) { bytes in
    guard names.count < limit else { return false }
    let name = String(decoding: bytes, as: UTF8.self)
    if name.hasPrefix(".") == hidden { names.append(name) }
    return true
  }
  return names.sorted()
}

extension FilePath {
  /// The names in this directory for which `isWanted` holds, ascending by bytes; `.` and `..` are none.
  /// Throws `io/open` or `io/read`.
  public func names(where isWanted: (FilePath) -> Bool) throws(Failure) -> [FilePath] {
    var names: [FilePath] = []
    try forEachName(in: withCString { opendir($0) }, called: shown) { bytes in
      let name = FilePath(bytes: bytes)
      if isWanted(name) { names.append(name) }
      return true
    }
    return names.sorted()
  }
}

/// Passes the bytes of each name but `.` and `..` to `take`, which says whether it wants another, and
/// closes `stream`; nil is a directory, called `path`, that could not be opened.
private func forEachName(
  in stream: OpaquePointer?, called path: String, _ take: (UnsafeRawBufferPointer) -> Bool
) throws(Failure) {
  guard let stream else { throw .system("open", path, errno: errno) }
  defer { closedir(stream) }
  while true {
    errno = 0
    guard let entry = readdir(stream) else {
      guard errno == 0 else { throw .system("read", path, errno: errno) }
      return
    }
    // In place: the system gives each entry no more memory than its name takes.
    let goesOn = withUnsafePointer(to: &entry.pointee.d_name) { name in
      let start = UnsafeRawPointer(name)
      let bytes = UnsafeRawBufferPointer(
        start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
      let isName = !bytes.elementsEqual(".".utf8) && !bytes.elementsEqual("..".utf8)
      return isName ? take(bytes) : true
    }
    guard goesOn else { return }
  }
}

/// Removes the directory `path` and the files in it; what cannot be removed stays.
public func removeFlatDirectory(_ path: String) { llava_remove_temporary(path) }
