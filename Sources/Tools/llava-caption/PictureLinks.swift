// Names in records for pictures whose own names are not valid UTF-8.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// A directory of links, made when the first is needed, removed with its owner.
final class PictureLinks {
  private var directory: FilePath?
  private var count = 0

  deinit {
    guard let directory else { return }
    for number in 0..<count { directory.appending(FilePath("\(number)")).remove() }
    _ = directory.withCString { rmdir($0) }
  }

  /// The path by which a tool finds `picture`: its own where that is text. Throws `io/…` where no link
  /// can be made.
  func path(of picture: FilePath) throws(Failure) -> String {
    if let text = picture.text { return text }
    let directory: FilePath
    if let made = self.directory { directory = made } else { directory = try makeDirectory() }
    let link = directory.appending(FilePath("\(count)"))
    // A picture that is gone has a link that leads nowhere, and is skipped as one that is not there.
    let resolved = picture.withCString { realpath($0, nil) }
    defer { free(resolved) }
    let made = link.withCString { link in
      if let resolved { return symlink(resolved, link) }
      return picture.withCString { symlink($0, link) }
    }
    guard made == 0 else { throw .system("symlink", link.shown, errno: errno) }
    count += 1
    return link.shown
  }

  private func makeDirectory() throws(Failure) -> FilePath {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/llava-caption-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .system("mkdtemp", parent, errno: errno) }
    let made = FilePath(bytes: template.dropLast().map(UInt8.init(bitPattern:)))
    directory = made
    return made
  }
}
