// Which files in which order are the pictures of a directory.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Captioning

struct PictureSearchTests {
  private func folder() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    let made = try Shell.bash(
      """
      mkdir -p b .hidden a/deep empty
      touch b/2.JPG b/1.png a/deep/x.jpeg c.jpg .secret.jpg .hidden/y.jpg notes.txt a/z.txt
      touch $'b/odd\\xe9.jpg' $'b/two\\nlines.jpg'
      ln -s b link; ln -s ../c.jpg a/linked.jpg; ln -s nowhere a/broken.jpg; mkfifo b/pipe.jpg
      """, in: directory)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  private func names(_ search: PictureSearch, _ paths: [String], in directory: TemporaryDirectory)
    -> [String]
  {
    let root = directory.path.utf8.count + 1
    var failures = 0
    let paths = paths.map { FilePath(directory.file($0)) }
    let found = (try? search.pictures(in: paths) { _ in failures += 1 }) ?? []
    #expect(failures == 0)
    return found.map { FilePath(bytes: $0.bytes[root...]).shown }
  }

  @Test func picturesAreFoundInOrder() throws {
    let directory = try folder()
    let found = names(PictureSearch(), ["."], in: directory).map { $0.dropFirst(2) }
    #expect(
      found == [
        "a/deep/x.jpeg", "a/linked.jpg", "b/1.png", "b/2.JPG", #"b/odd\xE9.jpg"#,
        "b/two\nlines.jpg",
        "c.jpg",
      ])
  }

  @Test func whatIsNamedIsTakenOnce() throws {
    let directory = try folder()
    #expect(
      names(
        PictureSearch(), ["notes.txt", "b", "b/1.png", "missing", ".secret.jpg"], in: directory)
        == [
          "notes.txt", "b/1.png", "b/2.JPG", #"b/odd\xE9.jpg"#, "b/two\nlines.jpg", "missing",
          ".secret.jpg",
        ])
    #expect(names(PictureSearch(), ["empty"], in: directory) == [])
  }

  @Test func patternsChoose() throws {
    let directory = try folder()
    let texts = PictureSearch(included: ["*.txt", "b/*.png"])
    #expect(names(texts, ["."], in: directory) == ["./a/z.txt", "./b/1.png", "./notes.txt"])
    let fewer = PictureSearch(excluded: ["b", "*.jpeg", "a/l*"])
    #expect(names(fewer, ["."], in: directory) == ["./c.jpg"])
  }

  @Test func whatCannotBeReadIsTold() throws {
    var told: [Failure] = []
    // A directory by its status that vanishes from under the reader's feet is no different.
    let directory = try TemporaryDirectory()
    let path = directory.file("closed")
    let made = try Shell.bash("mkdir closed; touch closed/a.jpg; chmod 0 closed", in: directory)
    #expect(made.status == 0)
    let found = try PictureSearch().pictures(in: [FilePath(path)]) { told.append($0) }
    // Nothing is closed to root.
    #expect(told.count == 1 && found.isEmpty || told.isEmpty && found.count == 1)
    _ = try Shell.bash("chmod 700 closed", in: directory)
  }
}
