// Names that records can have for pictures whose own names are no text.
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

  /// The path by which a tool finds `picture`: its own where that is text.
  func path(of picture: FilePath) -> String {
    if let text = picture.text { return text }
    guard let directory = directory ?? makeDirectory(),
      let target = picture.withCString({ realpath($0, nil) })
    else { return picture.shown }
    defer { free(target) }
    let link = directory.appending(FilePath("\(count)"))
    guard link.withCString({ symlink(target, $0) }) == 0 else { return picture.shown }
    count += 1
    return link.shown
  }

  private func makeDirectory() -> FilePath? {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/llava-caption-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    directory = FilePath(bytes: template.dropLast().map(UInt8.init(bitPattern:)))
    return directory
  }
}
