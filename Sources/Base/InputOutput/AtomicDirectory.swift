// A directory of files that appears under its name only when all of them are complete.
// SPDX-License-Identifier: Apache-2.0
import CSystem
import Glibc

/// Makes a hidden directory beside `path` and renames it when finished; removes it, and the files in
/// it, on failure and when a signal ends the process. It holds files only, no directories.
public final class AtomicDirectory: OutputPlace {
  public let name: String
  private let target: String
  private let temporary: String
  private let slot: Int32
  private var isOpen = true

  /// `path` must not exist, or be an empty directory, and must lie in none of `inputs`, which are
  /// directories that are read.
  ///
  /// Throws `path/invalid`, `usage/exists`, `usage/same-file`, or `io/create`.
  public init(path: String, outside inputs: [String] = []) throws(Failure) {
    try checkPath(path)
    name = path
    let status = try fileStatus(path, followingLinks: false)
    if status != nil { try Self.checkIsEmpty(path) }
    target = try Self.resolved(path, exists: status != nil)
    for input in inputs {
      guard let resolved = realpath(input, nil) else { continue }
      defer { free(resolved) }
      let directory = String(cString: resolved)
      guard target != directory, !target.hasPrefix(directory == "/" ? "/" : directory + "/") else {
        throw Failure(
          .usage, code: "usage/same-file", at: path,
          "the output would lie in the directory of an input: \(escapedForTerminal(input))",
          remedy: "name another output")
      }
    }
    temporary = try Self.createBeside(target, shownName: path, mode: 0o777)
    // One that the user made keeps its permissions.
    if let status { chmod(temporary, status.st_mode & 0o777) }
    slot = llava_register_temporary(temporary)
  }

  deinit { discard() }

  private static func checkIsEmpty(_ path: String) throws(Failure) {
    guard let stream = opendir(path) else {
      guard errno == ENOTDIR || errno == ENOENT else { throw .system("open", path, errno: errno) }
      throw Failure(
        .usage, code: "usage/exists", at: path,
        "expected a new or an empty directory for the output, found something else",
        remedy: "name another output, or remove it first")
    }
    defer { closedir(stream) }
    var count = 0
    errno = 0
    while readdir(stream) != nil { count += 1 }
    guard errno == 0 else { throw .system("read", path, errno: errno) }
    // `.` and `..` are in every directory.
    guard count <= 2 else { throw isTaken(path) }
  }

  private static func isTaken(_ path: String) -> Failure {
    Failure(
      .usage, code: "usage/exists", at: path,
      "expected a new or an empty directory for the output, found one that holds files",
      remedy: "name another output, or remove it first")
  }

  /// The real path: of the directory itself where it exists, else of the one that will hold it.
  private static func resolved(_ path: String, exists: Bool) throws(Failure) -> String {
    var plain = Substring(path)
    while plain.utf8.count > 1, plain.hasSuffix("/") { plain.removeLast() }
    let (directory, last) = splitPath(String(plain))
    guard last.utf8.count <= Int(NAME_MAX), exists || ![".", "..", ""].contains(last) else {
      throw .system("create", path, errno: last.utf8.count > Int(NAME_MAX) ? ENAMETOOLONG : ENOENT)
    }
    guard let resolved = realpath(exists ? path : directory, nil) else {
      throw .system("create", path, errno: errno)
    }
    defer { free(resolved) }
    let found = String(cString: resolved)
    if exists { return found }
    return found == "/" ? "/\(last)" : "\(found)/\(last)"
  }

  private static func createBeside(
    _ target: String, shownName: String, mode: mode_t
  ) throws(Failure) -> String {
    let (directory, name) = splitPath(target)
    let start = name.prefix(bytes: 200)
    for _ in 0..<100 {
      let tag = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      let path = "\(directory == "/" ? "" : directory)/.\(start).\(tag).tmp"
      if mkdir(path, mode) == 0 { return path }
      if errno != EEXIST { throw .system("create", shownName, errno: errno) }
    }
    throw .system("create", shownName, errno: EEXIST)
  }

  /// A new file in it, which is there once it is finished.
  public func file(_ name: String) throws(Failure) -> AtomicFile {
    precondition(isOpen && !name.contains("/"), "no file of \(self.name): \(name)")
    return try AtomicFile(path: "\(temporary)/\(name)", shownName: "\(self.name)/\(name)")
  }

  public func openFile(_ name: String) throws(Failure) -> any ByteSink { try file(name) }

  /// Renames it, and flushes the directory that holds it. Every file must be finished.
  public func finish() throws(Failure) {
    precondition(isOpen, "finished twice: \(name)")
    do { try synchronizeDirectory(temporary, shownName: name) } catch {
      discard()
      throw error
    }
    guard rename(temporary, target) == 0 else {
      let code = errno
      discard()
      guard code != ENOTEMPTY, code != EEXIST else { throw Self.isTaken(name) }
      throw .system("rename", name, errno: code)
    }
    isOpen = false
    llava_forget_temporary(slot)
    try synchronizeDirectory(splitPath(target).directory, shownName: name)
  }

  /// Leaves no trace. Harmless after `finish`.
  public func discard() {
    guard isOpen else { return }
    isOpen = false
    llava_remove_temporary(temporary)
    llava_forget_temporary(slot)
  }
}
