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
    var found = DistinctPictures()
    try? search.find(in: paths.map { FilePath(directory.file($0)) }, &found) { _ in failures += 1 }
    #expect(failures == 0)
    return found.pictures.map { FilePath(bytes: $0.bytes[root...]).shown }
  }

  @Test func picturesAreFoundInOrder() throws {
    let directory = try folder()
    let found = names(PictureSearch(), ["."], in: directory).map { $0.dropFirst(2) }
    #expect(
      found == [
        "a/deep/x.jpeg", "a/linked.jpg", "b/1.png", "b/2.JPG", #"b/odd\xE9.jpg"#,
        "b/two\nlines.jpg",
      ], "c.jpg is linked.jpg")
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

  /// Other spellings, links and other names of a file are no other pictures; what is not there is only
  /// its spelling.
  @Test func onePictureHasManyNames() throws {
    let directory = try folder()
    let made = try Shell.bash("ln c.jpg d.jpg; ln -s c.jpg e.jpg", in: directory)
    try #require(made.status == 0, "\(made.errors)")
    var found = DistinctPictures()
    let paths = [
      "c.jpg", "./c.jpg", "d.jpg", "b", "link/1.png", "e.jpg", "c.jpg", "none", "./none",
    ]
    try PictureSearch().find(in: paths.map { FilePath(directory.file($0)) }, &found) { _ in }
    let root = directory.path + "/"
    func names(_ paths: [FilePath]) -> [String] {
      paths.map { String($0.shown.dropFirst(root.count)) }
    }
    #expect(
      names(found.pictures) == [
        "c.jpg", "b/1.png", "b/2.JPG", #"b/odd\xE9.jpg"#, "b/two\nlines.jpg", "none",
      ])
    #expect(
      names(found.others.map(\.name)) == ["./c.jpg", "d.jpg", "link/1.png", "e.jpg", "./none"])
    #expect(
      names(found.others.map(\.picture)) == ["c.jpg", "c.jpg", "b/1.png", "c.jpg", "none"])
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
    var found = DistinctPictures()
    try PictureSearch().find(in: [FilePath(path)], &found) { told.append($0) }
    // Nothing is closed to root.
    #expect(told.count + found.pictures.count == 1)
    _ = try Shell.bash("chmod 700 closed", in: directory)
  }
}
