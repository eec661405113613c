// The pictures that paths on a command line stand for.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// Finds pictures: files that are named, and those in directories that are, and in theirs.
public struct PictureSearch: Sendable {
  /// Patterns of shells that names in directories have to match, or paths below the directory where
  /// there is a slash in the pattern. None: what has a picture's extension.
  public var included: [String]
  /// Patterns of files and directories that are left out.
  public var excluded: [String]

  public init(included: [String] = [], excluded: [String] = []) {
    (self.included, self.excluded) = (included, excluded)
  }

  /// The extensions of the formats that clip-encode reads.
  public static let extensions: Set<String> = [
    ".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pgm", ".png",
    ".pnm", ".ppm", ".tif", ".tiff", ".webp",
  ]

  /// Adds to `found` all pictures in the order of the paths, those in a directory ascending by name.
  ///
  /// Hidden files and directories are left out, links to directories are not entered. A path that is no
  /// directory is a picture, whatever it is. `unreadable` is told of directories that cannot be read.
  /// Throws `io/…` where the system is at fault: what it hides may be any picture.
  public func find(
    in paths: [FilePath], _ found: inout DistinctPictures, unreadable: (Failure) -> Void
  ) throws(Failure) {
    for path in paths {
      let type = try path.found().map { $0.st_mode & S_IFMT }
      let files = type == S_IFDIR ? try inside(path, unreadable) : [path]
      for file in files { _ = found.add(file) }
    }
  }

  private func inside(_ root: FilePath, _ unreadable: (Failure) -> Void) throws(Failure)
    -> [FilePath]
  {
    var found: [FilePath] = []
    // Names below the root, the next one last: as deep as the system's paths are long.
    var open = [FilePath("")]
    while let next = open.popLast() {
      let path = next.bytes.isEmpty ? root : root.appending(next)
      let type = try path.found().map { $0.st_mode & S_IFMT }
      guard next.bytes.isEmpty || type == S_IFDIR else {
        if type == S_IFREG, takes(next) { found.append(path) }
        continue
      }
      if !next.bytes.isEmpty, isExcluded(next) || path.isLink { continue }
      do throws(Failure) {
        let below = try path.visibleNames().map {
          next.bytes.isEmpty ? $0 : next.appending($0)
        }
        open += below.reversed()
      } catch {
        if error.isOfSystem { throw error }
        unreadable(error)
      }
    }
    return found
  }

  /// Whether the file `path`, as seen from the directory that was named, is wanted.
  func takes(_ path: FilePath) -> Bool {
    if isExcluded(path) { return false }
    if included.isEmpty { return Self.extensions.contains(path.lowercasedExtension) }
    return included.contains { matches($0, path) }
  }

  private func isExcluded(_ path: FilePath) -> Bool { excluded.contains { matches($0, path) } }

  private func matches(_ pattern: String, _ path: FilePath) -> Bool {
    let subject = pattern.utf8.contains(UInt8(ascii: "/")) ? path : path.name
    return subject.withCString { fnmatch(pattern, $0, 0) } == 0
  }
}

extension FilePath {
  /// The names in this directory but those that begin with a dot, ascending by bytes.
  /// Throws `io/open` or `io/read`.
  func visibleNames() throws(Failure) -> [FilePath] {
    try names { $0.bytes.first != UInt8(ascii: ".") }
  }
}
