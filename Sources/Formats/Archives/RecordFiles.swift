// The files that records name as their images, wherever they are.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Files by the paths in records: below one directory or anywhere, including in tar archives.
public struct RecordFiles: Sendable {
  private let root: FileRoot?
  private let archives = TarArchives()

  /// `root`: paths are confined to it; nil allows any path.
  public init(root: FileRoot?) { self.root = root }

  /// The bytes of the file at `path`, at most `limit`. Before memory is taken `willRead` gets the size.
  ///
  /// Throws what opening and reading a file and `TarArchives` throw, and `path/url` for a URL.
  public func read(_ path: String, limit: Int, willRead: (Int) -> Void = { _ in }) throws(Failure)
    -> [UInt8]
  {
    do {
      return try open(path).readAll(limit: limit, willRead: willRead)
    } catch {
      // A folder may be called `http:`, so that the system is asked first.
      guard error.kind == .unreadableFile else { throw error }
      let packed = try archives.read(
        path, limit: limit, willRead: willRead, file: open, isOther: isOther)
      guard let packed else { throw notAPath(path) ?? error }
      return packed
    }
  }

  private func open(_ path: String) throws(Failure) -> RegularFile {
    if let root { return try root.open(path) }
    return try RegularFile(path: path, isNamedByData: true)
  }

  private func isOther(_ path: String) -> Bool {
    if let root { return root.hasOtherThanDirectory(path) }
    return FilePath(path).isOtherThanDirectory
  }
}

/// `path/url` for a URL, nil for what may be a path.
private func notAPath(_ path: String) -> Failure? {
  let scheme = path.utf8.prefix { $0 != UInt8(ascii: ":") }
  let rest = path.utf8.dropFirst(scheme.count)
  // RFC 3986, 3.1; a scheme is ASCII, and none in use is longer.
  guard (2...32).contains(scheme.count), scheme.allSatisfy({ isSchemeByte($0) }) else { return nil }
  let name = String(decoding: scheme, as: UTF8.self).lowercased()
  guard rest.starts(with: "://".utf8) else { return nil }
  return Failure(
    .invalidInput, code: "path/url", at: path,
    "expected the path of an image, found a URL",
    remedy: name == "file"
      ? "name the file without file://"
      : "fetch it first, and name the file: curl -fsSLO \(quotedForShell(path))")
}

private func isSchemeByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
    UInt8(ascii: "."):
    true
  default: false
  }
}
